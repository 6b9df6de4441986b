"""What a cell was measured at: a panel is a table's columns, each with the part of every example.

Questions and held-out documents become the same thing here, numerators and denominators by example,
so that one way of comparing serves both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chemtune.experiment.card import LOSS, exams_of
from chemtune.experiment.measure import Side
from chemtune.experiment.measured_run import ScoredMeasure
from chemtune.experiment.open_runs import open_side
from chemtune.experiment.results import Results

AVERAGE = "average"
ANSWERS = f"Reference answers, {LOSS}"
LEVELS = ("high school", "college", "professional")  # in this order; others stand behind them
LANGUAGES = {"en": "English", "ko": "Korean"}
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Column:
    """One outcome of a cell.

    Attributes:
        measure: The part of each example.
        permuted: The same over all orders of a question's options, where they were asked for.
        constant: What the best single letter gets, of questions.
        letters: How often each letter was given, of questions.
        language: Of the questions, or "".
        level: Of the questions, or "".
    """

    measure: ScoredMeasure
    permuted: ScoredMeasure | None = None
    constant: ScoredMeasure | None = None
    letters: Mapping[str, int] | None = None
    language: str = ""
    level: str = ""


Panels = dict[str, dict[str, Column]]


def panels_of(results: Results, side: Side) -> tuple[Panels, list[str]]:
    """Return the columns of one side of a run by panel and title, and what could not be read.

    A language's question sets are one panel, with a column a set, or one for each level where a set
    has several; then their average, the mean of the columns' rates. Questions of other fields, and
    those answered in words, have panels of their own, and so has every task; the losses of all
    tasks' reference answers stand side by side in one.

    Raises:
        InputError: A file of the run is damaged.
    """
    panels: Panels = {}
    gaps = []
    cards = exams_of((results.scores or {}).get(side, {}).get("questions"))
    predictions = results.question_predictions().get(side, {})
    for name, card in cards.items():
        rows = predictions.get(name, [])
        if len(rows) != card["total"]:
            gaps.append(f"{name}: its answers are not there, question by question")
            continue
        for panel, title, column in _of_set(name, rows):
            panels.setdefault(panel, {})[title] = column
    for of_panel in panels.values():
        if len(of_panel) > 1:
            of_panel[AVERAGE] = _average(list(of_panel.values()))
    run = open_side(results.folder.path, side)
    foreseen: dict[str, Column] = {}
    for (_, measure), scored in run.tasks.items():
        if measure == LOSS:
            foreseen[scored.title] = Column(scored)
        elif scored.main:
            panels.setdefault(scored.title, {})[measure] = Column(scored)
    if foreseen:
        panels[ANSWERS] = foreseen
    return panels, [*gaps, *run.gaps]


def _of_set(name: str, rows: Rows) -> Iterable[tuple[str, str, Column]]:
    """The columns of a question set: its panel, its title, and itself."""
    for language in dict.fromkeys(str(row.get("language") or "") for row in rows):
        of_language = [row for row in rows if str(row.get("language") or "") == language]
        panel = f"{LANGUAGES.get(language, language)} questions".strip().capitalize()
        if name.endswith("(general)") or "(general)," in name:
            panel = f"General {panel[0].lower() if not language else panel[0]}{panel[1:]}"
        if name.endswith(", in words"):
            panel += ", in words"
        found = dict.fromkeys(str(row.get("level") or "") for row in of_language)
        levels = sorted(found, key=lambda level: (*LEVELS, level).index(level))
        for level in levels:
            of_level = [row for row in of_language if str(row.get("level") or "") == level]
            title = f"{name}, {level or 'no level'}" if len(levels) > 1 else name
            yield panel, title, _column(title, of_level, language, level)


def _column(title: str, rows: Rows, language: str, level: str) -> Column:
    keys = Counter(row["key"] for row in rows)
    best = min(keys, key=lambda label: (-keys[label], label))
    orders = all(row.get("orders") for row in rows)
    return Column(
        measure=_counted(title, {_id(row): bool(row["correct"]) for row in rows}),
        permuted=_scored(title, {_id(row): _share_right(row) for row in rows}) if orders else None,
        constant=_counted(title, {_id(row): row["key"] == best for row in rows}),
        letters=Counter(row["chosen"] for row in rows if row["chosen"] is not None),
        language=language,
        level=level,
    )


def _id(row: Mapping[str, Any]) -> str:
    """What pairs the answers of two cells: one id with another text or key is another question."""
    return f"{row['id']}/{row['key']}/{row.get('content') or ''}"


def _share_right(row: Mapping[str, Any]) -> float:
    right = sum(bool(pick == row["key"]) for pick in row["orders"])
    return right / len(row["orders"])


def _scored(title: str, values: Mapping[str, float]) -> ScoredMeasure:
    # The set's name keeps apart the ids of several sets in an average.
    parts = {f"{title}/{name}": (f"{title}/{name}", value, 1.0) for name, value in values.items()}
    return ScoredMeasure(title, "higher", True, parts)


def _counted(title: str, right: Mapping[str, bool]) -> ScoredMeasure:
    values = {name: float(value) for name, value in right.items()}
    return replace(_scored(title, values), yes_or_no=True)


def _average(columns: Sequence[Column]) -> Column:
    permuted = [c.permuted for c in columns if c.permuted]
    constant = [c.constant for c in columns if c.constant]
    return Column(
        measure=_mean([column.measure for column in columns]),
        permuted=_mean(permuted) if len(permuted) == len(columns) else None,
        constant=_mean(constant) if len(constant) == len(columns) else None,
        language=columns[0].language,
    )


def _mean(measures: Sequence[ScoredMeasure]) -> ScoredMeasure:
    """The mean of the rates as one ratio of sums: a question counts one by the size of its set."""
    parts = {
        name: (cluster, above / len(of.parts), below / len(of.parts))
        for of in measures
        for name, (cluster, above, below) in of.parts.items()
    }
    return ScoredMeasure(AVERAGE, "higher", True, parts)
