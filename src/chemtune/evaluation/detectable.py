"""The smallest difference that so many questions can show."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

ALPHA = 0.05
POWER = 0.8
NEGLIGIBLE = 1e-12
# Of a normal variable: what reaches p = 0.05, and what has 80% power besides.
Z_SEEN, Z_LIKELY = 1.959963984540054, 0.8416212335729143


@dataclass(frozen=True)
class Detectable:
    """How large a difference has to be, as a share of 0 to 1; None where none is large enough.

    Attributes:
        seen: The smallest one that, when it is found, has p < 0.05.
        likely: The smallest true one that is found with p < 0.05 in 80% of such comparisons.
    """

    seen: float | None
    likely: float | None


def of_questions(total: int, differing: int) -> Detectable:
    """Return what an exact McNemar test can show where `differing` of `total` answers differ.

    Of m questions that only one run got right, k or more must fall to the better one, with k the
    smallest for which 2 P(X >= k) < 0.05, X ~ Binomial(m, 1/2); their net is 2 k - m. The power
    is unconditional: m is binomial too, with rate d = `differing` / `total`, and each of them
    falls to the better run with (1 + difference / d) / 2 (Miettinen, 1968; Duffy, 1984), summed
    over all m, without an approximation.

    Args:
        total: The questions that both answered.
        differing: Those that one got right and the other wrong.
    """
    if not differing:
        return Detectable(None, None)
    needed = int(_needed(np.array([differing]))[0])
    seen = (2 * needed - differing) / total if needed <= differing else None
    return Detectable(seen, _likely(total, differing))


def of_error(error: float) -> Detectable:
    """Return what a difference with this standard error can show, by the normal approximation."""
    if error <= 0:
        return Detectable(None, None)
    return Detectable(Z_SEEN * error, (Z_SEEN + Z_LIKELY) * error)


def mcnemar_power(total: int, rate: float, difference: float) -> float:
    """Return the probability that an exact McNemar test finds a true difference with p < 0.05.

    Args:
        total: The questions.
        rate: The share of questions that only one run gets right, above 0 to 1.
        difference: The share that the better run gets right beyond the other; at most `rate`.
    """
    from scipy.stats import binom

    counts = np.arange(total + 1)
    weights = binom.pmf(counts, total, rate)
    kept = weights > NEGLIGIBLE
    counts, weights = counts[kept], weights[kept]
    needed = _needed(counts)
    falls = min(1.0, (1 + difference / rate) / 2)
    found = binom.sf(needed - 1, counts, falls) + binom.cdf(counts - needed, counts, falls)
    return float(weights @ np.where(needed <= counts, found, 0.0))


def _needed(counts: np.ndarray) -> np.ndarray:
    """The smallest k of m with a two-sided p < 0.05; above m where there is none."""
    from scipy.stats import binom

    return np.asarray(binom.isf(ALPHA / 2, counts, 0.5)).astype(int) + 1


def _likely(total: int, differing: int) -> float | None:
    """The smallest net of whole questions with enough power, as a share; it grows with the net."""
    rate = differing / total
    low, high = 0, differing
    if mcnemar_power(total, rate, rate) < POWER:
        return None
    while high - low > 1:
        middle = ceil((low + high) / 2)
        if mcnemar_power(total, rate, middle / total) < POWER:
            low = middle
        else:
            high = middle
    return high / total
