from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from chemtune.errors import InputError
from chemtune.recipe.grid import Grid, load_grid

RECIPE: dict[str, Any] = {
    "documents": [{"path": "papers", "tasks": ["keyword_extraction"], "limit": 5}],
    "teacher": {"kind": "recorded", "replies": "replies"},
    "tuning": {"epochs": 2, "lora": {"rank": 4}, "mixture": {"times": {"keyword_extraction": 1}}},
}


def read(folder: Path, grid: dict[str, Any] | str) -> Grid:
    text = grid if isinstance(grid, str) else yaml.safe_dump(grid, sort_keys=False)
    (folder / "base.yaml").write_text(yaml.safe_dump(RECIPE), encoding="utf-8")
    (folder / "grid.yaml").write_text(text, encoding="utf-8")
    return load_grid(folder / "grid.yaml")


def faults(folder: Path, grid: dict[str, Any] | str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(folder, grid)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_cells_are_the_product_without_repeats_of_the_untuned(tmp_path: Path) -> None:
    axes = {
        "start": {"a": {"model": "m/a"}, "b": {"model": "m/b"}},
        "mixture": {"none": None, "all": {"tuning.mixture": None}},
        "seed": [0, 1],
    }
    grid = read(tmp_path, {"base": "base.yaml", "axes": axes})
    assert [cell.id for cell in grid.cells] == [
        *("a--none", "a--all--0", "a--all--1"),
        *("b--none", "b--all--0", "b--all--1"),
    ]
    assert [cell.tuned for cell in grid.cells] == [False, True, True] * 2
    last = grid.cells[-1]
    assert last.axes == {"start": "b", "mixture": "all", "seed": 1}
    assert (last.recipe.model, last.recipe.tuning.seed, last.recipe.seed) == ("m/b", 1, 0)
    assert last.recipe.tuning.mixture is None
    assert grid.axes == {"start": ["a", "b"], "mixture": ["none", "all"], "seed": [0, 1]}
    assert grid.warnings == []


def test_an_untuned_model_differs_by_what_it_is_asked(tmp_path: Path) -> None:
    axes = {
        "tuned": {"off.": None, "on.": {"tuning.epochs": 1}},
        "documents": {"few": {"documents.0.limit": 2}, "many": {"documents.0.limit": 9}},
    }
    grid = read(tmp_path, {"base": "base.yaml", "axes": axes})
    untuned = {cell.id: cell.recipe.documents[0].limit for cell in grid.cells if not cell.tuned}
    assert untuned == {"off.--few": 2, "off.--many": 9}


def test_sections_are_merged_and_other_fields_replaced(tmp_path: Path) -> None:
    nested = {"tuning": {"lora": {"alpha": 8}, "mixture": {"share": {"translation": 1}}}}
    grid = read(tmp_path, {"base": "base.yaml", "axes": {"x": {"y": nested}}})
    tuning = grid.cells[0].recipe.tuning
    assert (tuning.epochs, tuning.lora.rank, tuning.lora.alpha) == (2, 4, 8)
    assert tuning.mixture is not None
    assert tuning.mixture.times is None
    assert tuning.mixture.share == {"translation": 1}
    assert grid.warnings == ["the grid has one cell alone: y"]


def test_set_changes_all_cells_and_include_adds_one(tmp_path: Path) -> None:
    grid = read(
        tmp_path,
        {
            "base": "base.yaml",
            "set": {"tuning.batch_size": 2},
            "axes": {"tuning.learning_rate": [0.1, 0.2], "seed": [0, 1, 2]},
            "exclude": [{"seed": [1, 2], "tuning.learning_rate": 0.1}, {"seed": 2}],
            "include": [
                {"axes": {"tuning.learning_rate": 0.1, "seed": 2}},
                {"name": "long", "axes": {"seed": 1}, "set": {"tuning.epochs": 9}},
            ],
        },
    )
    found = {c.id: (c.recipe.tuning.learning_rate, c.recipe.tuning.seed) for c in grid.cells}
    assert found == {
        "0.1--0": (0.1, 0),
        "0.2--0": (0.2, 0),
        "0.2--1": (0.2, 1),
        "0.1--2": (0.1, 2),
        "long": (3e-4, 1),
    }
    assert {cell.recipe.tuning.batch_size for cell in grid.cells} == {2}
    assert grid.cells[-1].recipe.tuning.epochs == 9


def test_an_axis_that_changes_nothing_is_warned_of(tmp_path: Path) -> None:
    idle = {"same": {"tuning.epochs": 2}, "again": {"tuning.lora.rank": 4}}
    grid = read(tmp_path, {"base": "base.yaml", "axes": {"idle": idle, "seed": [0, 1]}})
    assert [cell.id for cell in grid.cells] == ["same--0", "same--1"]
    assert grid.warnings == ["the axis 'idle' changes nothing: its values are those of the recipe"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"axes": {"a": {"x": {"tuning.epocs": 1}, "y": {"modle": "m"}}}},
            [
                "grid.yaml:5: axes.a.x.tuning.epocs: unknown field (did you mean 'epochs'?)",
                "grid.yaml:7: axes.a.y.modle: unknown field (did you mean 'model'?)",
            ],
        ),
        (
            {"axes": {"seed": [0, -1]}},
            ["grid.yaml:5: axes.seed[1]: -1: input should be greater than or equal to 0"],
        ),
        (
            {"axes": {"a": {"x": {"tuning.epochs": 1}}, "b": {"y": {"tuning": {"epochs": 3}}}}},
            ["grid.yaml:9: axes.b.y.tuning.epochs: the axis 'a' sets this field too"],
        ),
        (
            {"axes": {"a": {"x": {"tuning.epochs": 1}, "y": {"tuning": {"epochs": 1}}}}},
            [
                "grid.yaml:2: axes: the cells x and y are equal "
                "(leave one out, or change what its values set)"
            ],
        ),
        (
            {"axes": {"a": {"x": {"documents.1.limit": 3}}}},
            ["grid.yaml:5: axes.a.x.documents.1.limit: the recipe's list is not that long"],
        ),
        (
            {"axes": {"seed": [0, 1]}, "exclude": [{"seeds": 0}, {"seed": 7}]},
            [
                "grid.yaml:7: exclude[0].seeds: no such axis (did you mean 'seed'?)",
                "grid.yaml:8: exclude[1].seed: the axis has no value 7 (known: 0, 1)",
            ],
        ),
        (
            {"axes": {"a": {"x y": {"tuning.epochs": 1}}}},
            [
                "grid.yaml:4: axes.a.x y: 'x y' cannot be a label (letters, digits, '.', '_' and "
                "single '-'; a list's values may need labels)"
            ],
        ),
        (
            {"axes": {"seed": [0]}, "base": "other.yaml"},
            ["there is no recipe 'other.yaml'"],
        ),
    ],
)
def test_faults_are_told_where_they_stand(
    tmp_path: Path, changes: dict[str, Any], said: list[str]
) -> None:
    found = faults(tmp_path, {"base": "base.yaml"} | changes)
    assert len(found) == len(said)
    for one, wanted in zip(found, said, strict=True):
        assert wanted in one


def test_a_label_that_yaml_reads_as_true_is_told(tmp_path: Path) -> None:
    text = "base: base.yaml\naxes:\n  checks:\n    on: {tuning.epochs: 1}\n"
    assert "YAML reads it as true or false" in faults(tmp_path, text)[0]


def test_only_an_evaluated_precision_tells_untuned_models_apart(tmp_path: Path) -> None:
    axes = {
        "mixture": {"none": None, "all": {"tuning.mixture": None}},
        "precision": {
            "half": {"tuning.precision": "bfloat16"},
            "full": {"tuning.precision": "float32"},
        },
    }
    grid = read(tmp_path, {"base": "base.yaml", "axes": axes})
    assert [cell.id for cell in grid.cells if not cell.tuned] == ["none--half", "none--full"]
