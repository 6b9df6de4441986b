"""Rows of the table of runs: what is shown of each run, and by what it is sorted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chemtune.experiment.found_run import FoundRun
from chemtune.experiment.measure import Measure
from chemtune.experiment.run_state import RunState
from chemtune.web.words import Words

NONE_YET = "–"

Row = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """The columns of measures: names of question sets and of running texts."""

    questions: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    def of(cls, runs: Iterable[FoundRun]) -> Measured:
        """Return the measures of some runs, those that most of them have first."""
        runs = list(runs)
        return cls(
            _by_count(measure.name for run in runs for measure in run.questions),
            _by_count(measure.name for run in runs for measure in run.texts),
        )


def table_row(run: FoundRun, measured: Measured, words: Words) -> Row:
    """Return a run's row.

    A column `x` whose text does not sort as it should has `x_by`: a number, or None.
    """
    examples = sum(run.data.by_task.values()) if run.data else None
    cost = run.data.cost_usd if run.data else None
    row: Row = {
        "id": run.name,
        "choose": words("Choose {run}", run=run.name),
        "name": run.name,
        "state": words("damaged") if run.faults else state_text(run.state, words),
        "kind": "damaged" if run.faults else run.state.kind,
        "fault": "\n".join([run.state.why, *run.faults]).strip(),
        "model": run.model or NONE_YET,
        "mixture": mixture_text(run, words),
        "examples": grouped(examples),
        "examples_by": examples,
        "labels": grouped(run.label_tokens),
        "labels_by": run.label_tokens,
        "wall": NONE_YET if run.wall_s is None else duration(run.wall_s, words),
        "wall_by": run.wall_s,
        "cost": NONE_YET if cost is None else f"{cost:.2f}",
        "cost_by": cost,
        "date": run.date.astimezone().strftime("%Y-%m-%d %H:%M"),
        "date_by": run.date.timestamp(),
    }
    for key, names, measures in (
        ("q", measured.questions, run.questions),
        ("t", measured.texts, run.texts),
    ):
        known = {measure.name: measure for measure in measures}
        for at, name in enumerate(names):
            row |= _cell(f"{key}{at}", known.get(name), words)
    return row


def table_columns(measured: Measured, words: Words) -> list[tuple[str, str]]:
    """Return the columns: the key in a row, and the head."""
    return [
        ("name", words("Name")),
        ("state", words("State")),
        ("model", words("Model")),
        *((f"q{at}", name) for at, name in enumerate(measured.questions)),
        *(
            (f"t{at}", words("{texts}: bits per byte", texts=name))
            for at, name in enumerate(measured.texts)
        ),
        ("mixture", words("Mixture or tasks")),
        ("examples", words("Examples")),
        ("labels", words("Label tokens")),
        ("wall", words("Tuning time")),
        ("cost", words("Replies, USD")),
        ("date", words("Date")),
    ]


def matching(rows: Sequence[Row], columns: Sequence[tuple[str, str]], search: str) -> list[Row]:
    """Return the rows that have each word of a search in one of their columns, or in a fault."""
    asked = search.casefold().split()
    keys = [*(key for key, _ in columns), "fault"]
    return [
        row
        for row in rows
        if all(any(word in str(row[key]).casefold() for key in keys) for word in asked)
    ]


def sorted_rows(rows: Sequence[Row], key: str, *, descending: bool) -> list[Row]:
    """Return rows by a column; those that have no value there stand last either way."""

    def value(row: Row) -> Any:
        return row.get(f"{key}_by", row[key])

    with_value = [row for row in rows if value(row) is not None]
    without = [row for row in rows if value(row) is None]
    return [*sorted(with_value, key=value, reverse=descending), *without]


def state_text(state: RunState, words: Words) -> str:
    """Return a state in words."""
    steps = NONE_YET if state.steps is None else grouped(state.steps)
    step = grouped(state.step)
    return {
        "begun": words("begun"),
        "built": words("built"),
        "tuning": words("tuning {step} of {steps} steps", step=step, steps=steps),
        "stopped": words("stopped at {step} of {steps} steps", step=step, steps=steps),
        "tuned": words("tuned, not evaluated yet"),
        "evaluated": words("evaluated"),
        "failed": words("failed"),
    }[state.kind]


def mixture_text(run: FoundRun, words: Words) -> str:
    """Return the mixture; where there is none, the tasks with their examples."""
    if run.mixture:
        return run.mixture
    if not run.data:
        return NONE_YET
    return words(
        "all examples: {tasks}",
        tasks=", ".join(f"{task} {count}" for task, count in run.data.by_task.items()),
    )


def measure_text(measure: Measure, words: Words) -> str:
    """Return a measure before and after tuning, a line each."""
    lines = []
    for name, figure in zip((words("untuned"), words("tuned")), measure.sides, strict=True):
        if figure is None:
            continue
        if figure.count is None:
            number = f"{figure.value:.3f}"
        else:
            number = words("{k} of {n}", k=figure.count, n=figure.total)
        lines.append(f"{name} {number} {figure.bounds}")
    return "\n".join(lines)


def duration(seconds: float, words: Words) -> str:
    """Return a time in its two largest units."""
    minutes, rest = divmod(round(seconds), 60)
    hours, of_hour = divmod(minutes, 60)
    if hours:
        return words("{h} h {m} min", h=hours, m=of_hour)
    return words("{m} min {s} s", m=minutes, s=rest) if minutes else words("{s} s", s=rest)


def grouped(number: int | None) -> str:
    """Return a number with its thousands apart, or a dash where there is none."""
    return NONE_YET if number is None else f"{number:,}"


def _by_count(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name, _ in Counter(names).most_common())


def _cell(key: str, measure: Measure | None, words: Words) -> Row:
    if measure is None:
        return {key: NONE_YET, f"{key}_by": None}
    figures: Sequence[Any] = [figure for figure in measure.sides if figure is not None]
    # The tuned side is what a run is looked up for.
    return {key: measure_text(measure, words), f"{key}_by": figures[-1].value}
