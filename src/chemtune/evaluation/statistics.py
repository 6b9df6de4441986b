"""Intervals and tests: no number stands without them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2000


def wilson(correct: int, total: int) -> tuple[float, float]:
    """Return the 95% interval of a proportion (Wilson, 1927), as shares of 0 to 1.

    It holds for small counts and near 0 and 1, where the normal approximation does not. (0, 1)
    where `total` is 0.
    """
    if total == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    interval = binomtest(correct, total).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def bootstrap(
    count: int, statistic: Callable[[np.ndarray], float], *, seed: int = 0
) -> tuple[float, float]:
    """Return the 95% percentile interval of a statistic over resampled examples (Efron, 1979).

    Args:
        count: The number of examples.
        statistic: Maps the indices of a sample, drawn with replacement, to the statistic.
        seed: Of the draws; the same seed gives the same interval.
    """
    if count == 0:
        return 0.0, 1.0
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, count, size=(RESAMPLES, count))
    values = [statistic(draw) for draw in draws]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def kappa(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, tuple[float, float]]:
    """Return Cohen's kappa (1960) of two yes-or-no raters, and its 95% bootstrap interval.

    It is the agreement beyond chance: 1 where they always agree, 0 where they agree as often as
    their rates alone make them. Where one of them never varies it is 0: that shows nothing.
    """
    both = np.array(pairs, dtype=bool).reshape(-1, 2)

    def of(draw: np.ndarray) -> float:
        one, other = both[draw, 0], both[draw, 1]
        agreed = float(np.mean(one == other))
        p, q = float(np.mean(one)), float(np.mean(other))
        chance = p * q + (1 - p) * (1 - q)
        return (agreed - chance) / (1 - chance) if chance < 1 else 0.0

    if not len(both):
        return 0.0, (-1.0, 1.0)
    return of(np.arange(len(both))), bootstrap(len(both), of)


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Return the two-sided p of the exact McNemar test (1947) on paired right-or-wrong answers.

    Only the pairs that differ say something; under the null each falls either way with one half.

    Raises:
        ValueError: The two differ in length.
    """
    gained = sum(b < a for b, a in zip(before, after, strict=True))
    lost = sum(b > a for b, a in zip(before, after, strict=True))
    if gained + lost == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(gained, gained + lost).pvalue)
