"""The rows of the table of runs: what they say, and how they are sorted and searched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chemtune.experiment.found_run import Data, FoundRun
from chemtune.experiment.measure import Figure, Measure, share
from chemtune.experiment.run_state import RunState
from chemtune.experiment.training_curve import Curve
from chemtune.web.runs.curve_points import points
from chemtune.web.runs.rows import (
    Measured,
    duration,
    matching,
    sorted_rows,
    table_columns,
    table_row,
)
from chemtune.web.words import Words

RUN = FoundRun(
    path=Path("/runs/a"),
    name="a",
    state=RunState("tuning", 340, 900),
    faults=(),
    model="smollm2-135m",
    mixture="",
    data=Data({"keywords": 1200, "names": 3}, 1.25),
    questions=(Measure("exam", share(6, 30, (0.095, 0.373)), share(9, 30, (0.167, 0.479))),),
    texts=(Measure("English", None, Figure(1.333, (1.281, 1.388)), is_share=False),),
    label_tokens=4953,
    wall_s=89.4,
    date=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    has_report=False,
)
EMPTY = replace(
    RUN, name="b", data=None, questions=(), texts=(), label_tokens=None, wall_s=None,
    state=RunState("failed", why="the loss of step 3 is no number"),
)  # fmt: skip
ENGLISH, KOREAN = Words("en"), Words("ko")
MEASURED = Measured.of([RUN, EMPTY])


def test_a_row_says_all_that_is_known_and_has_a_text_for_each_column() -> None:
    row, empty = (table_row(run, MEASURED, ENGLISH) for run in (RUN, EMPTY))
    assert row["state"] == "tuning 340 of 900 steps"
    assert row["q0"] == "untuned 6 of 30 [0.10, 0.37]\ntuned 9 of 30 [0.17, 0.48]"
    assert row["t0"] == "tuned 1.333 [1.28, 1.39]"
    assert (row["examples"], row["labels"], row["wall"]) == ("1,203", "4,953", "1 min 29 s")
    assert row["mixture"] == "all examples: keywords 1200, names 3"
    assert (row["cost"], row["q0_by"]) == ("1.25", 0.3)
    assert empty["fault"] == "the loss of step 3 is no number"
    for key, _ in table_columns(MEASURED, ENGLISH):
        assert row[key]
        assert empty[key]
    korean = table_row(RUN, MEASURED, KOREAN)
    assert korean["state"] == "튜닝 중: 900단계 중 340단계"
    assert korean["q0"].splitlines()[0] == "튜닝 전 30개 중 6개 [0.10, 0.37]"


@pytest.mark.parametrize("descending", [True, False])
def test_numbers_are_sorted_as_numbers_and_what_has_none_stands_last(descending: bool) -> None:
    runs = [EMPTY, *(replace(RUN, name=f"r{n}", label_tokens=n) for n in (900, 10000, 80))]
    rows = [table_row(run, MEASURED, ENGLISH) for run in runs]
    names = [row["id"] for row in sorted_rows(rows, "labels", descending=descending)]
    order = ["r80", "r900", "r10000"]
    assert names == [*(order[::-1] if descending else order), "b"]


def test_a_search_is_for_all_of_its_words_in_any_column() -> None:
    rows = [table_row(run, MEASURED, ENGLISH) for run in (RUN, EMPTY)]
    columns = table_columns(MEASURED, ENGLISH)

    def found(search: str) -> list[str]:
        return [row["id"] for row in matching(rows, columns, search)]

    assert found("") == ["a", "b"]
    assert found("SMOLLM2 tuning") == ["a"]
    assert found("smollm2 nothing") == []
    assert found("no number") == ["b"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (3599.6, "1 h 0 min"), (7262, "2 h 1 min")],
)
def test_a_time_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds, ENGLISH) == said


def test_points_that_are_added_are_those_of_the_whole_curve() -> None:
    losses = [(step, float(step % 7)) for step in range(1, 60)]
    held_out = [(0, 9.0), (30, 5.0), (59, 4.0)]
    whole = points(Curve(losses, held_out), 10)
    assert whole.mean[40][1] == pytest.approx(sum(loss for _, loss in losses[31:41]) / 10)
    first = points(Curve(losses[:25], held_out[:1]), 10)
    rest = points(Curve(losses, held_out), 10, (25, 1))
    assert whole.series == tuple(a + b for a, b in zip(first.series, rest.series, strict=True))
