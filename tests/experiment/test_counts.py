"""What is right or wrong of an example is a count; a similarity that is 0 throughout is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chemtune.evaluation.statistics import wilson
from chemtune.experiment.grid_report.rows import pooled
from chemtune.experiment.grid_report.tables import figure_of
from chemtune.experiment.measured_run import MeasuredRun, ScoredMeasure
from chemtune.experiment.run_comparison import compare_measures

RUNS = MeasuredRun("one", ""), MeasuredRun("other", "")


def scored(*values: float, yes_or_no: bool) -> ScoredMeasure:
    parts = {f"e{i}": (f"d{i}", value, 1.0) for i, value in enumerate(values)}
    return ScoredMeasure("Task", "higher", True, parts, yes_or_no=yes_or_no)


@pytest.mark.parametrize(("yes_or_no", "number", "test"), [
    (True, "0/4", "exact McNemar"),
    (False, "0.00", "swapped documents"),
])  # fmt: skip
def test_zero_throughout(yes_or_no: bool, number: str, test: str) -> None:
    before = scored(0, 0, 0, 0, yes_or_no=yes_or_no)
    after = scored(0, 0, 1, 0, yes_or_no=yes_or_no)
    figure = figure_of(before)
    assert figure is not None
    assert figure.number == number
    compared = compare_measures(("task", "measure"), RUNS, (before, after))
    assert compared is not None
    assert compared.values[0].number == number
    assert compared.test == test
    assert compared.difference == pytest.approx(0.25)


def test_an_example_that_says_nothing_is_not_counted() -> None:
    half = scored(1, 0, 1, 1, yes_or_no=True)
    half = replace(half, parts=half.parts | {"e3": ("d3", 0.0, 0.0)})
    figure = figure_of(half)
    assert figure is not None
    assert (figure.count, figure.total) == (2, 3)
    assert figure.interval == pytest.approx(wilson(2, 3))


def test_seeds_that_agree_are_a_count_and_their_mean_is_none() -> None:
    first, second = scored(1, 0, yes_or_no=True), scored(1, 1, yes_or_no=True)
    assert pooled([first, first]).yes_or_no
    assert not pooled([first, second]).yes_or_no
    assert not pooled([scored(0, 0, yes_or_no=False)] * 2).yes_or_no
