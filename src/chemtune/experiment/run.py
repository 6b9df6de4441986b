"""A run from end to end: build, measure, tune, measure again, report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from chemtune.domains import find_domain
from chemtune.recipe.load import load_recipe
from chemtune.recipe.schema import Recipe

SAMPLE = "sample"


def run(recipe: Recipe | Path | str) -> dict[str, Any]:
    """Build the data set, evaluate, tune, evaluate again, and write the report.

    Each step takes up what an earlier run has done; running again computes nothing twice.

    Returns:
        What `build`, `tune`, `evaluate` and `report` return, under their names, and `wall_s`.
    """
    started = time.monotonic()
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    # What is wrong with a recipe or its documents is told before seconds go by for libraries.
    from chemtune.dataset.build import build
    from chemtune.models.resolve import resolve_model

    # A model that is not there is told before a teacher is paid.
    resolve_model(recipe.model, recipe.folder)
    built = build(recipe)

    from chemtune.evaluation.evaluate import evaluate
    from chemtune.experiment.report import report
    from chemtune.tuning.tune import tune

    tuned = tune(recipe)
    scores = evaluate(recipe)
    written = report(recipe.run_folder)
    return {
        "run": str(recipe.run_folder),
        "build": built,
        "tune": tuned,
        "evaluate": scores,
        "report": written,
        "wall_s": round(time.monotonic() - started, 1),
    }


def demo(out: Path | str = "runs/demo") -> dict[str, Any]:
    """Run all three steps on the embedded sample with the embedded model; see `run`.

    Args:
        out: The run's folder.
    """
    return run(sample_recipe(Path(out)))


def sample_recipe(out: Path) -> Recipe:
    """Return the recipe of the embedded sample, with its run in `out`."""
    path = find_domain("chemistry").folder / SAMPLE / "recipe.yaml"
    return load_recipe(path).in_run_folder(out)
