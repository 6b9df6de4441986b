"""The grids that ship are read without a fault, and say what their comments say."""

from __future__ import annotations

from pathlib import Path

import pytest

from chemtune.domains import find_domain
from chemtune.recipe.grid import load_grid

GRIDS = Path(__file__).resolve().parents[2] / "grids"
RECIPES = {"sample": find_domain("chemistry").folder / "sample" / "recipe.yaml"}
CELLS = {
    "ablations": 22,
    "forgetting": 28,
    "kmmlu": 7,
    "medium": 10,
    "paper-llama2": 40,
    "small": 20,
}


def test_all_are_known() -> None:
    assert sorted(path.stem for path in GRIDS.glob("*.yaml")) == sorted(CELLS)


@pytest.mark.parametrize("name", CELLS)
def test_a_shipped_grid_loads(name: str) -> None:
    grid = load_grid(GRIDS / f"{name}.yaml", RECIPES)
    assert grid.name == name
    assert grid.warnings == []
    if "mixture" in grid.axes:
        assert grid.axes["mixture"] == ["none", "english", "korean", "total"]
    assert len(grid.cells) == CELLS[name]
    starts = {cell.axes.get("start") for cell in grid.cells}
    assert len([cell for cell in grid.cells if not cell.tuned]) == len(starts)


@pytest.mark.parametrize("name", ["ablations", "forgetting", "medium", "small"])
def test_the_files_that_it_names_are_there(name: str) -> None:
    for cell in load_grid(GRIDS / f"{name}.yaml", RECIPES).cells:
        recipe = cell.recipe
        texts = recipe.evaluation.texts if isinstance(recipe.evaluation.texts, list) else []
        for files in (*recipe.documents, *recipe.evaluation.questions, *texts):
            assert files.path is not None
            assert list(recipe.folder.glob(files.path)) or (recipe.folder / files.path).is_file()
