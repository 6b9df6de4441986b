"""Rows of a grid against each other: the mean over their seeds, question by question."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chemtune.errors import InputError
from chemtune.experiment.compare_runs import compare
from chemtune.experiment.grid_report.cells import read_grid
from chemtune.experiment.grid_report.rows import read_rows
from chemtune.experiment.grid_report.tables import Tables

from .conftest import answered


def of(result: dict[str, Any], title: str, measure: str = "right answers") -> dict[str, Any]:
    (found,) = (c for c in result["comparisons"] if (c["title"], c["measure"]) == (title, measure))
    return found


def right(name: str, skill: float, seed: int) -> np.ndarray:
    return np.array([row["correct"] for row in answered(name, 60, skill, seed)])


def test_seeds_are_averaged_by_question(whole_grid: Path) -> None:
    rows = [f"{whole_grid}:small + english", f"{whole_grid}:small + korean"]
    result = compare(rows)
    assert [run["name"] for run in result["runs"]] == [
        "small + english (2 seeds)",
        "small + korean (2 seeds)",
    ]
    english = np.mean([right("MMLU", 0.8, 10 + seed) for seed in (0, 1)], axis=0)
    korean = np.mean([right("MMLU", 0.3, 10 + seed) for seed in (0, 1)], axis=0)
    found = of(result, "MMLU")
    assert [v["value"] for v in found["values"]] == pytest.approx([english.mean(), korean.mean()])
    assert found["difference"] == pytest.approx((korean - english).mean())
    assert found["examples"] == 60
    # The levels of an exam stand for themselves, and their average is none of them.
    titles = {c["title"] for c in result["comparisons"]}
    assert {"Exams, high school", "Exams, college"} <= titles
    assert "average" not in titles
    assert of(result, "Keyword extraction", "readable")["difference"] == 0


def test_against_the_start_it_is_what_the_report_says(whole_grid: Path) -> None:
    found = compare([f"{whole_grid}:small", f"{whole_grid}:small + korean"])
    table = Tables(read_rows(read_grid(whole_grid))).side_by_side("English questions")
    (cells,) = (cells for title, cells in table.rows if title == "small + korean")
    start = cells[table.columns.index("MMLU")].start
    mmlu = of(found, "MMLU")
    assert (mmlu["difference"], mmlu["p"]) == (start.difference, start.p)


def test_a_seed_that_cannot_be_read_is_told(whole_grid: Path, tmp_path: Path) -> None:
    grid = Path(shutil.copytree(whole_grid, tmp_path / "grid"))
    (grid / "cells/small--korean--1/evaluation/scores.json").write_text("{")
    result = compare([f"{grid}:small", f"{grid}:small + korean"])
    assert result["runs"][1]["name"] == "small + korean"
    assert any("small--korean--1: " in note for note in result["notes"])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("", "is a grid; name a row (GRID:ROW, of: small, small + english"),
        (":small + korea", "the grid has no row 'small + korea' (did you mean 'small + korean'?)"),
        (":korean", "several rows are 'korean' (one of small + korean, large + korean)"),
    ],
)
def test_a_row_that_is_not_one(whole_grid: Path, row: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        compare([f"{whole_grid}:small", f"{whole_grid}{row}"])
