"""What the paper's figures can support, computed from them alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from chemtune.evaluation.families import holm
from chemtune.evaluation.unpaired import fisher, unpaired_interval
from chemtune.experiment.published.figures import (
    AVERAGE,
    DIGITS,
    NOTHING,
    Published,
    PublishedFigure,
    counts_of,
)

ALPHA = 0.05


@dataclass(frozen=True)
class PublishedComparison:
    """Two published counts on one question set.

    Attributes:
        column: The question set.
        first: What is compared with; `second` is compared with it.
        second: The other one.
        total: The questions, which were the same for both.
        interval: 95% interval of the second share less the first, as if of different questions.
        p: Fisher's exact test, two-sided, as if of different questions.
        paired: The least and the largest p that McNemar's exact test could have on these counts.
        p_holm: `p` adjusted to the family.
    """

    column: str
    first: PublishedFigure
    second: PublishedFigure
    total: int
    interval: tuple[float, float]
    p: float
    paired: tuple[float, float]
    p_holm: float = 1.0

    @property
    def difference(self) -> int:
        """Right answers of the second less those of the first."""
        return (self.second.count or 0) - (self.first.count or 0)


def paired_bounds(first: int, second: int, total: int) -> tuple[float, float]:
    """Return the least and the largest p of McNemar's exact test that two counts allow.

    The pairs decide the test, and only counts are known: of g questions that the second alone has
    right and l that the first alone has, g - l is known, and g + l is anything from |g - l| up to
    what fits into `total`. The largest p is looked for over all of them.

    Args:
        first: Right answers of one.
        second: Right answers of the other, to the same questions.
        total: The questions.
    """
    from scipy.stats import binomtest

    net = second - first
    # All that either has right may differ, as far as there are questions for it.
    most = min(second, total - first)
    gained = range(max(net, 0), most + 1)
    values = [float(binomtest(g, 2 * g - net).pvalue) if 2 * g - net else 1.0 for g in gained]
    return min(values), max(values)


def against_start(published: Published) -> list[PublishedComparison]:
    """Compare every tuned model with its own start, where both have counts; one Holm family."""
    counted = list(published.counted())
    starts = {(f.start, f.column): f for f in counted if f.tuned_on == NOTHING}
    pairs = [
        (starts[f.start, f.column], f)
        for f in counted
        if f.tuned_on != NOTHING and (f.start, f.column) in starts
    ]
    return _family(published, pairs)


def between_mixtures(published: Published) -> list[PublishedComparison]:
    """Compare the mixtures of each start with each other, where both have counts; one family."""
    tuned = [f for f in published.counted() if f.tuned_on != NOTHING]
    pairs = [
        (one, other)
        for one, other in combinations(tuned, 2)
        if (one.start, one.column) == (other.start, other.column)
    ]
    return _family(published, pairs)


def between_starts(published: Published) -> list[PublishedComparison]:
    """Compare the untuned models with each other, where both have counts; one family."""
    untuned = [f for f in published.counted() if f.tuned_on == NOTHING]
    pairs = [(a, b) for a, b in combinations(untuned, 2) if a.column == b.column]
    return _family(published, pairs)


def against_constant(published: Published) -> list[tuple[PublishedFigure, tuple[float, float]]]:
    """Return every count with the least and largest p of McNemar's test against one letter.

    The letter is the best one for the key. What it gets right is known question by question, but
    not which of them the model got right.
    """
    return [
        (figure, paired_bounds(of.constant[1], figure.count or 0, of.total))
        for figure in published.counted()
        if (of := published.sets[figure.column])
    ]


def disagreements(published: Published) -> list[tuple[PublishedFigure, PublishedFigure]]:
    """Return the pairs of figures that should be one number and are printed as two."""
    by_what: dict[tuple[str, str, str, bool], PublishedFigure] = {}
    found = []
    for figure in published.figures:
        korean = _is_korean(published, figure)
        key = (figure.start, figure.tuned_on, figure.column, korean)
        other = by_what.setdefault(key, figure)
        if other.value != figure.value:
            found.append((other, figure))
    return found


def korean_rows(published: Published) -> dict[tuple[str, str], list[float]]:
    """Return the three levels and the average of every model, of tables 8 and 12.

    Where a model stands in both, table 12 counts, as it sets all 13B models side by side.
    """
    rows: dict[tuple[str, str], list[float]] = {}
    for number in (8, 12):
        of_table: dict[tuple[str, str], list[float]] = {}
        for figure in published.figures:
            if figure.table == number:
                of_table.setdefault((figure.start, figure.tuned_on), []).append(figure.value)
        rows |= of_table
    return rows


def average_misfit(published: Published) -> tuple[float, tuple[float, float, float]]:
    """Return how far the Korean averages are from any weighted mean of their three levels.

    One weight a level (not negative, summing to 1), the same for all models: a linear program finds
    those whose largest deviation from the averages of tables 8 and 12 is smallest.

    Returns:
        That deviation, and the weights. Rounding to four digits alone explains 0.0001.
    """
    from scipy.optimize import linprog

    rows = np.array(list(korean_rows(published).values()))
    levels, averages = rows[:, :3], rows[:, 3]
    one = np.ones((len(levels), 1))
    found = linprog(
        [0, 0, 0, 1],
        A_ub=np.vstack([np.hstack([levels, -one]), np.hstack([-levels, -one])]),
        b_ub=np.concatenate([averages, -averages]),
        A_eq=[[1, 1, 1, 0]],
        b_eq=[1],
        bounds=[(0, 1)] * 3 + [(0, None)],
    )
    *weights, deviation = found.x
    first, second, third = map(float, weights)
    return float(deviation), (first, second, third)


def above_all_levels(published: Published) -> list[PublishedFigure]:
    """Return the averages that lie outside of their own row's figures, which no mean does."""
    found = []
    for figure in published.figures:
        if figure.column == AVERAGE:
            row = [
                f.value
                for f in published.figures
                if (f.table, f.start, f.tuned_on) == (figure.table, figure.start, figure.tuned_on)
                and f.column != AVERAGE
            ]
            if not min(row) <= figure.value <= max(row):
                found.append(figure)
    return found


def smallest_size(published: Published, column: str) -> int:
    """Return the smallest number of questions for which all figures of a set are whole counts.

    From ten thousand on every figure of four digits is one, so it says nothing there.
    """
    values = [figure.value for figure in published.distinct() if figure.column == column]
    sizes: Iterable[int] = range(1, 10**DIGITS + 1)
    return next(n for n in sizes if all(counts_of(value, n) for value in values))


def smallest_seen(count: int, total: int) -> int:
    """Return how many more right answers of `total` than `count` have p < 0.05 by Fisher's test."""
    return next(
        more for more in range(1, total - count + 1)
        if fisher((count, total), (count + more, total)) < ALPHA
    )  # fmt: skip


def _family(
    published: Published, pairs: Sequence[tuple[PublishedFigure, PublishedFigure]]
) -> list[PublishedComparison]:
    found = []
    for first, second in pairs:
        total = published.sets[first.column].total
        one, other = first.count or 0, second.count or 0
        found.append(
            PublishedComparison(
                column=first.column,
                first=first,
                second=second,
                total=total,
                interval=unpaired_interval((one, total), (other, total)),
                p=fisher((one, total), (other, total)),
                paired=paired_bounds(one, other, total),
            )
        )
    adjusted = holm([comparison.p for comparison in found])
    return [replace(c, p_holm=p) for c, p in zip(found, adjusted, strict=True)]


def _is_korean(published: Published, figure: PublishedFigure) -> bool:
    of_table = [f.column for f in published.figures if f.table == figure.table]
    return published.sets[of_table[0]].language == "ko"
