"""Two runs over the same examples: how far they lie apart, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from chemtune.evaluation.statistics import (
    CLUSTER_RESAMPLES,
    PORTION,
    central,
    cluster_sums,
    resampled,
)

Z95 = 1.959963984540054
# Swaps of this many documents are all tried (4096); of more, as many as there are resamples.
ALL_SWAPS = 12
ROUNDING = 1e-12


@dataclass(frozen=True)
class RatioDifference:
    """The difference of two ratios of sums over the same examples, second less first.

    Attributes:
        values: The first and the second ratio.
        difference: The second less the first.
        interval: Its 95% percentile interval over resampled documents.
        error: Its standard error, by the same resamples.
        p: Two-sided, by swapping the two runs' answers to whole documents (randomization test).
        p_bootstrap: Two-sided, by the resamples.
        clusters: How many documents there are.
    """

    values: tuple[float, float]
    difference: float
    interval: tuple[float, float]
    error: float
    p: float
    p_bootstrap: float
    clusters: int


def ratio_difference(
    first: tuple[Sequence[float], Sequence[float]],
    second: tuple[Sequence[float], Sequence[float]],
    clusters: Sequence[str],
    *,
    seed: int = 0,
) -> RatioDifference | None:
    """Compare two ratios of sums over the same examples, as `ratio_interval` has them.

    Documents are drawn with replacement, the same ones for both (paired cluster bootstrap). Its p
    is how often a resampled difference lies as far from the found one as that lies from 0. With
    under some twenty documents that is too small (at ten, 9% of true nulls fall under 0.05), so
    `p` is of a test that holds at any number: were there no difference, the runs' answers to a
    document could be swapped (approximate randomization; Noreen, 1989; Yeh, 2000, for F1). Swaps
    are all tried up to 12 documents that differ, else drawn. Neither p is ever 0: the found result
    counts among the draws, (1 + count) / (1 + draws).

    Args:
        first: Numerators and denominators of the first run, one of each for an example.
        second: Those of the second run, for the same examples in the same order.
        clusters: The document that each example comes from.
        seed: Of the draws; the same seed gives the same result.

    Returns:
        The comparison, or None where a run has no value, since all its denominators are 0.

    Raises:
        ValueError: The parts differ in length.
    """
    sums = cluster_sums([*first, *second], clusters)
    totals = sums.sum(axis=1)
    if not (totals[1] and totals[3]):
        return None
    values = (float(totals[0] / totals[1]), float(totals[2] / totals[3]))
    difference = values[1] - values[0]
    drawn = _differences(resampled(sums, seed=seed))
    distance = abs(difference) - ROUNDING
    far = int(np.sum(np.abs(drawn - difference) >= distance))
    return RatioDifference(
        values=values,
        difference=difference,
        interval=central(drawn),
        error=float(drawn.std()),
        p=_swapped_p(sums, distance, seed),
        p_bootstrap=(1 + far) / (1 + len(drawn)),
        clusters=sums.shape[1],
    )


def _differences(totals: np.ndarray) -> np.ndarray:
    """Second ratio less first one of each resample; those without a value left out."""
    valued = totals[:, (totals[1] > 0) & (totals[3] > 0)]
    return np.asarray(valued[2] / valued[3] - valued[0] / valued[1])


def _swapped_p(sums: np.ndarray, distance: float, seed: int) -> float:
    first, second = sums[:2], sums[2:]
    differ = np.any(first != second, axis=0)
    count = int(differ.sum())
    if count == 0:
        return 1.0
    same, half = first + second, (second - first)[:, differ] / 2
    middle = same.sum(axis=1, keepdims=True) / 2
    if count <= ALL_SWAPS:
        bits = np.arange(2**count)[:, None] >> np.arange(count)
        signs = 1 - 2 * (bits & 1)
        return _as_far(middle, half, signs, distance) / len(signs)
    generator = np.random.default_rng(seed)
    far = sum(
        _as_far(middle, half, generator.choice([-1, 1], size=(PORTION, count)), distance)
        for _ in range(CLUSTER_RESAMPLES // PORTION)
    )
    return (1 + far) / (1 + CLUSTER_RESAMPLES)


def _as_far(middle: np.ndarray, half: np.ndarray, signs: np.ndarray, distance: float) -> int:
    """How many of the swaps (rows of `signs`) bring a difference of at least `distance`."""
    moved = half @ signs.T
    return int(
        np.sum(np.abs(_differences(np.vstack([middle - moved, middle + moved]))) >= distance)
    )


def paired_interval(gained: int, lost: int, total: int) -> tuple[float, float]:
    """Return the 95% interval of the difference of two paired shares (Bonett and Price, 2012).

    An adjusted Wald interval: half an answer is added to each of the two kinds of difference, so
    that it holds for small counts.

    Args:
        gained: Questions that only the second run answered right.
        lost: Questions that only the first run answered right.
        total: All questions; (-1, 1) where it is 0.
    """
    if total == 0:
        return -1.0, 1.0
    up, down = (gained + 1) / (total + 2), (lost + 1) / (total + 2)
    half = Z95 * sqrt((up + down - (up - down) ** 2) / (total + 2))
    return max(-1.0, up - down - half), min(1.0, up - down + half)
