"""A grid's paths are from its own folder, also when the recipe that it varies stands elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from chemtune.recipe.grid import load_grid
from chemtune.recipe.schema import Recipe

RECIPE = {
    "documents": [{"path": "papers", "tasks": ["keyword_extraction"]}],
    "teacher": {"kind": "recorded", "replies": "replies"},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A recipe in one folder, and a grid in another beside it."""
    for path in ("base/papers", "base/replies", "grids/model", "grids/more"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "base/recipe.yaml").write_text(yaml.safe_dump(RECIPE), encoding="utf-8")
    (tmp_path / "grids/model/config.json").write_text("{}", encoding="utf-8")
    for path in ("base/exam.jsonl", "base/both.jsonl", "grids/both.jsonl", "grids/more/own.jsonl"):
        (tmp_path / path).write_text("{}", encoding="utf-8")
    return tmp_path


def varied(project: Path, changes: dict[str, Any]) -> Recipe:
    grid = {
        "base": "../base/recipe.yaml",
        "set": changes,
        "axes": {"seed": [0, 1]},
    }
    path = project / "grids/grid.yaml"
    path.write_text(json.dumps(grid), encoding="utf-8")
    return load_grid(path).cells[0].recipe


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("more/own.jsonl", "grids/more/own.jsonl"),
        ("more/*.jsonl", "grids/more/*.jsonl"),
        ("exam.jsonl", "base/exam.jsonl"),
        ("ex*.jsonl", "base/ex*.jsonl"),
        ("both.jsonl", "grids/both.jsonl"),
        ("nowhere.jsonl", "grids/nowhere.jsonl"),
    ],
)
def test_a_path_of_a_grid(project: Path, written: str, meant: str) -> None:
    recipe = varied(project, {"evaluation": {"questions": [{"name": "exam", "path": written}]}})
    named = recipe.evaluation.questions[0].path
    assert named is not None
    assert (recipe.folder / named).resolve() == (project / meant).resolve()
    assert recipe.documents[0].path == "papers"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("model", "grids/model"), ("../mine.gguf", "mine.gguf"), ("mine.gguf", "grids/mine.gguf")],
)
def test_a_model_that_is_a_path(project: Path, written: str, meant: str) -> None:
    recipe = varied(project, {"model": written})
    assert (recipe.folder / recipe.model).resolve() == (project / meant).resolve()


@pytest.mark.parametrize("name", ["gemma3-270m", "meta-llama/Llama-2-7b-hf"])
def test_a_model_that_is_a_name_stays_one(project: Path, name: str) -> None:
    assert varied(project, {"model": name}).model == name


def test_an_axis_and_a_single_cell_name_paths_alike(project: Path) -> None:
    path = project / "grids/grid.yaml"
    grid = {
        "base": "../base/recipe.yaml",
        "axes": {"start": {"name": {"model": "gemma3-270m"}, "own": {"model": "model"}}},
        "include": [{"name": "single", "set": {"tuning.probe": "more/own.jsonl"}}],
    }
    path.write_text(json.dumps(grid), encoding="utf-8")
    recipes = {cell.id: cell.recipe for cell in load_grid(path).cells}
    assert recipes["name"].model == "gemma3-270m"
    assert (project / "base" / recipes["own"].model).resolve() == project / "grids/model"
    probe = recipes["single"].tuning.probe
    assert (project / "base" / str(probe)).resolve() == project / "grids/more/own.jsonl"
