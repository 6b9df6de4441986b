"""Segments of a row of tokens: what each of them sees."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """Consecutive tokens of a row that see themselves, causally, and one earlier piece of the row.

    Attributes:
        start: The first of its columns.
        end: The column after its last.
        trunk: The columns (start, end) of what it continues; empty where it continues nothing.
    """

    start: int
    end: int
    trunk: tuple[int, int]

    @property
    def tokens(self) -> int:
        """How many columns it has."""
        return self.end - self.start

    @property
    def seen(self) -> int:
        """How many tokens of the row its last token sees."""
        return self.tokens + self.trunk[1] - self.trunk[0]

    def columns(self, kept: int) -> list[tuple[int, int]]:
        """Return the columns of the keys that it sees, in order, where `kept` stand before the row.

        Empty stretches are left out.
        """
        trunk = (self.trunk[0] + kept, self.trunk[1] + kept)
        own = (self.start + kept, self.end + kept)
        return [ends for ends in ((0, kept), trunk, own) if ends[1] > ends[0]]
