"""Two counts whose pairs are not known, as in published tables."""

from __future__ import annotations

from math import sqrt

from chemtune.evaluation.statistics import wilson


def fisher(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the two-sided p of Fisher's exact test (1934) on two counts of right answers.

    It claims less than Boschloo's or Barnard's test would, but takes no time at any size. Where
    both answered the same questions it is weaker than McNemar's, which needs each answer.

    Args:
        first: Right answers, and all.
        second: Likewise.
    """
    from scipy.stats import fisher_exact

    table = [[correct, total - correct] for correct, total in (first, second)]
    return float(fisher_exact(table).pvalue)


def unpaired_interval(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    """Return the 95% interval of the second share less the first (Newcombe, 1998, method 10).

    It joins the Wilson intervals of the two. (-1, 1) where one has no questions.
    """
    if not (first[1] and second[1]):
        return -1.0, 1.0
    p, q = first[0] / first[1], second[0] / second[1]
    p_low, p_high = wilson(*first)
    q_low, q_high = wilson(*second)
    below = sqrt((q - q_low) ** 2 + (p_high - p) ** 2)
    above = sqrt((q_high - q) ** 2 + (p - p_low) ** 2)
    return q - p - below, q - p + above
