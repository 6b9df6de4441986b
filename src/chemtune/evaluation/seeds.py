"""Runs that differ in seed alone: what of a figure is the seed's, and what the questions'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from chemtune.evaluation.statistics import CONFIDENCE, cluster_sums, resampled


@dataclass(frozen=True)
class SeedSpread:
    """A measure of several runs that differ in seed alone.

    Attributes:
        values: The measure of each run.
        mean: Their mean.
        deviation: Their standard deviation (n - 1): the spread between seeds, on these questions.
        interval: The 95% interval of the mean over seeds, by Student's t; these questions are
            taken as given.
        question_error: The standard error of the mean that comes from the choice of the
            questions or documents, by resampling them; these seeds are taken as given.
    """

    values: tuple[float, ...]
    mean: float
    deviation: float
    interval: tuple[float, float]
    question_error: float


def seed_spread(
    runs: Sequence[tuple[Sequence[float], Sequence[float]]],
    clusters: Sequence[str],
    *,
    seed: int = 0,
) -> SeedSpread | None:
    """Return the spread of a ratio of sums over runs on the same examples.

    The two sources of chance are told apart: the interval holds for other seeds on the same
    questions, the error for other questions with the same seeds.

    Args:
        runs: Numerators and denominators of each run, one of each for an example; two runs at
            least.
        clusters: The document or question that each example belongs to.
        seed: Of the draws of documents.

    Returns:
        The spread, or None where a run has no value, since all its denominators are 0.

    Raises:
        ValueError: There is only one run, or the parts differ in length.
    """
    if len(runs) < 2:
        raise ValueError("one run has no spread over seeds")
    from scipy.stats import t

    sums = cluster_sums([part for run in runs for part in run], clusters)
    totals = sums.sum(axis=1)
    if not totals[1::2].all():
        return None
    values = totals[0::2] / totals[1::2]
    mean, deviation = float(values.mean()), float(values.std(ddof=1))
    half = float(t.ppf((1 + CONFIDENCE) / 2, len(runs) - 1)) * deviation / sqrt(len(runs))
    drawn = resampled(sums, seed=seed)
    valued = drawn[:, (drawn[1::2] > 0).all(axis=0)]
    means = (valued[0::2] / valued[1::2]).mean(axis=0)
    return SeedSpread(
        values=tuple(map(float, values)),
        mean=mean,
        deviation=deviation,
        interval=(mean - half, mean + half),
        question_error=float(np.std(means)),
    )
