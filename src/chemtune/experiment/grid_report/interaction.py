"""Whether tuning does in one language what it does not in another: difference of differences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from chemtune.evaluation.families import holm
from chemtune.evaluation.statistics import central, cluster_sums, resampled
from chemtune.experiment.grid_report.outcomes import AVERAGE, LANGUAGES, Column
from chemtune.experiment.grid_report.rows import Row, Rows
from chemtune.experiment.measured_run import MeasuredRun, ScoredMeasure
from chemtune.experiment.pairing import common_examples

SEEDS = {"en": 1, "ko": 2}
ROUNDING = 1e-12


@dataclass(frozen=True)
class Interaction:
    """Two mixtures, or one and none, of one model in two languages.

    Attributes:
        start: The model.
        first: A condition.
        second: The other one, which is compared with it.
        english: The rate of English questions after the second, less that after the first.
        korean: The same of Korean questions.
        difference: The Korean one less the English one.
        interval: Its 95% percentile interval over questions, drawn in each language by itself.
        p: Two-sided, by the same resamples.
        p_holm: Adjusted to all interactions of the grid.
    """

    start: str
    first: str
    second: str
    english: float
    korean: float
    difference: float
    interval: tuple[float, float]
    p: float
    p_holm: float = 1.0


def interactions(rows: Rows) -> list[Interaction]:
    """Return the interaction of every pair of conditions of every model asked in both languages.

    The rate of a language is the mean over its question sets or levels.
    """
    found = []
    for start in rows.starts:
        of_start = [row for row in rows.rows if row.start == start]
        for first, second in combinations(of_start, 2):
            one = _interaction(first, second)
            if one is not None:
                found.append(one)
    adjusted = holm([one.p for one in found])
    return [replace(one, p_holm=p) for one, p in zip(found, adjusted, strict=True)]


def _interaction(first: Row, second: Row) -> Interaction | None:
    changes: dict[str, float] = {}
    drawn: dict[str, np.ndarray] = {}
    for language in LANGUAGES:
        one, other = _rate_of(first, language), _rate_of(second, language)
        if one is None or other is None:
            return None
        names = [MeasuredRun(row.title, "") for row in (first, second)]
        common = common_examples(names, [one, other])
        if not common.examples:
            return None
        sums = cluster_sums([part for run in common.runs for part in run], common.clusters)
        changes[language] = float(_change(sums.sum(axis=1, keepdims=True))[0])
        drawn[language] = _change(resampled(sums, seed=SEEDS[language]))
    difference = changes["ko"] - changes["en"]
    spread = drawn["ko"] - drawn["en"]
    far = int(np.sum(np.abs(spread - difference) >= abs(difference) - ROUNDING))
    return Interaction(
        first.start,
        first.condition,
        second.condition,
        changes["en"],
        changes["ko"],
        difference,
        central(spread),
        (1 + far) / (1 + len(spread)),
    )


def _change(totals: np.ndarray) -> np.ndarray:
    return np.asarray(totals[2] / totals[3] - totals[0] / totals[1])


def _rate_of(row: Row, language: str) -> ScoredMeasure | None:
    """The average of the language's questions, or their only column."""
    for panel in _panels_of(row):
        columns = {title: row.column(panel, title) for title in _titles(row, panel)}
        of_language = {t: c for t, c in columns.items() if c is not None and _asks(c, language)}
        if of_language:
            chosen: Column = of_language.get(AVERAGE) or next(iter(of_language.values()))
            return chosen.measure
    return None


def _panels_of(row: Row) -> Iterator[str]:
    """The panels of the domain's questions by likelihood, which come first if there are any."""
    for panel in row.cells[0].panels:
        if not panel.startswith("General"):
            yield panel


def _titles(row: Row, panel: str) -> Sequence[str]:
    return list(row.cells[0].panels[panel])


def _asks(column: Column, language: str) -> bool:
    return column.constant is not None and column.language == language
