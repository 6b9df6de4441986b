"""What two sequences of tokens begin with in common."""

from __future__ import annotations

from collections.abc import Sequence


def shared_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens both begin with."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
