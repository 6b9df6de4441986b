"""What decides a cell's data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from chemtune.experiment.grid.identities import data_identity
from chemtune.recipe.load import load_recipe
from review_file import decide


def test_decisions_that_a_recipe_names_are_part_of_its_data(
    make_run: Callable[..., Path], tmp_path: Path
) -> None:
    without = data_identity(load_recipe(make_run()))
    review = tmp_path / "review.sqlite"
    decide(review, ("0123", "paper"), "keyword_extraction", "rejected", json.dumps(["ink"]))
    recipe = load_recipe(make_run(reviewed=["review.sqlite"]))
    first = data_identity(recipe)
    assert first not in (without, data_identity(load_recipe(make_run(reviewed=False))))
    assert data_identity(recipe) == first
    decide(review, ("0123", "paper"), "keyword_extraction", "accepted", json.dumps(["ink"]))
    assert data_identity(recipe) != first
