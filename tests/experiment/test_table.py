from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from chemtune.experiment.comparison import Comparison, TaskComparison, compare
from chemtune.experiment.measure import Measure, share
from chemtune.experiment.results import read_results
from chemtune.experiment.table import print_comparison

from .conftest import FakeRun


def printed(comparison: Comparison, width: int = 100) -> str:
    out = io.StringIO()
    print_comparison(Console(file=out, width=width), comparison)
    return out.getvalue()


def test_a_row_a_measure_below_what_it_measures_within_80_columns(whole_run: FakeRun) -> None:
    results = read_results(whole_run.path)
    comparison = compare(results.scores, results.question_predictions())
    text = printed(comparison, width=80)
    lines = text.splitlines()
    rule = next(i for i, line in enumerate(lines) if "──" in line)
    assert max(map(len, lines[: rule + 20])) <= 80
    task = lines.index("Summarization and extraction".ljust(len(lines[rule])))
    readable = lines[task + 1].split()
    assert readable == ["readable", "0/4", "[0.00,", "0.49]", "3/4", "[0.30,", "0.95]"]
    titles = {title for title, _ in comparison.rows}
    measures = [line for line in lines[rule + 1 :] if line.startswith("  ")]
    assert len(measures) == len(comparison.rows)
    assert titles <= {line.strip() for line in lines}
    assert "\x1b" not in text
    assert "before: answers C to 20 of 20 questions" in text
    assert "McNemar p = " in text


def test_square_brackets_of_a_name_are_no_markup() -> None:
    task = TaskComparison(
        "t", "[bold]Task[/] [x]", Measure("readable", None, share(1, 2, (0, 1))), ()
    )
    text = printed(Comparison(("after",), (task,)))
    assert "[bold]Task[/] [x]" in text
    assert "before" not in text


def test_nothing_measured() -> None:
    assert printed(Comparison()) == "Not evaluated yet.\n"


def test_in_korean(whole_run: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHEMTUNE_LANGUAGE", "ko")
    results = read_results(whole_run.path)
    text = printed(compare(results.scores, results.question_predictions()))
    assert text.split()[:5] == ["지표", "튜닝", "전", "튜닝", "후"]
    assert "튜닝 전: 20문항 중 20문항에 C로만 답함" in text
    # What is left of English are names: of tasks, and of measures that Korean papers name so too.
    words = set(re.findall(r"[a-z]{4,}", text))
    english = {"readable", "before", "after", "right", "answers", "questions", "interval", "better"}
    assert not words & english
