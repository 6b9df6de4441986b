"""Several tests at once: p values that take into account how many there are."""

from __future__ import annotations

from collections.abc import Sequence


def holm(values: Sequence[float]) -> list[float]:
    """Return the p values of a family of tests, adjusted by Holm's step-down method (1979).

    Claiming those under 0.05 is wrong in anything at most one time in twenty, however the tests
    depend on each other.

    Args:
        values: The p values, in any order.

    Returns:
        The adjusted ones in the same order, at most 1.
    """
    adjusted = [1.0] * len(values)
    reached = 0.0
    for rank, at in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        reached = max(reached, min(1.0, (len(values) - rank) * values[at]))
        adjusted[at] = reached
    return adjusted
