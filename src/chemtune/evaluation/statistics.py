"""Intervals and tests: no number stands without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2000
CLUSTER_RESAMPLES = 10_000
# Draws of so many clusters are kept: 20 MB for a thousand.
MOST_KEPT = 1000
PORTION = 500


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
    return central(np.array([statistic(draw) for draw in draws]))


def ratio_interval(
    numerators: Sequence[float],
    denominators: Sequence[float],
    clusters: Sequence[str],
    *,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the 95% percentile interval of a ratio of sums, resampled by cluster.

    Micro F1 is such a ratio (2 TP over 2 TP + FN + FP, summed over the examples), and so is a mean.
    Examples of one document are not independent, so whole documents are drawn (the cluster
    bootstrap; Field and Welsh, 2007).

    Args:
        numerators: Of each example.
        denominators: Of each example; 0 for one that says nothing.
        clusters: The document that each example comes from.
        seed: Of the draws; the same seed gives the same interval.

    Returns:
        The interval; (0, 1) where no example says anything.
    """
    if not sum(denominators):
        return 0.0, 1.0
    above, below = resampled(cluster_sums([numerators, denominators], clusters), seed=seed)
    # A draw of clusters that say nothing has no value; the others stand for it.
    values = above[below > 0] / below[below > 0]
    return central(values)


def central(values: np.ndarray) -> tuple[float, float]:
    """Return the bounds of the middle 95% of resampled values."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def cluster_sums(parts: Sequence[Sequence[float]], clusters: Sequence[str]) -> np.ndarray:
    """Return the sums of several parts over the examples of each cluster: (parts, clusters).

    Raises:
        ValueError: The parts differ in length.
    """
    names = {name: at for at, name in enumerate(dict.fromkeys(clusters))}
    sums = np.zeros((len(parts), len(names)))
    for of, *values in zip(clusters, *parts, strict=True):
        sums[:, names[of]] += values
    return sums


def resampled(sums: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Return the totals of clusters drawn with replacement: (parts, `CLUSTER_RESAMPLES`).

    Args:
        sums: As `cluster_sums` returns them.
        seed: Of the draws; the same seed draws the same clusters.
    """
    count = sums.shape[1]
    drawn = _kept_draws(count, seed) if count <= MOST_KEPT else _draws(count, seed)
    return np.concatenate([sums @ times for times in drawn], axis=1)


def _draws(count: int, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each cluster is drawn, (clusters, resamples), some resamples at a time."""
    generator = np.random.default_rng(seed)
    even = np.full(count, 1 / count)
    for size in _portions(CLUSTER_RESAMPLES, PORTION):
        yield generator.multinomial(count, even, size=size).T.astype(np.uint16)


@lru_cache(maxsize=2)
def _kept_draws(count: int, seed: int) -> list[np.ndarray]:
    # Measures of the same documents, and many runs, are resampled by the same draws.
    return list(_draws(count, seed))


def _portions(total: int, size: int) -> list[int]:
    return [min(size, total - done) for done in range(0, total, size)]


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
