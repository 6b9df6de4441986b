"""One row of a comparison: a measure, and its figures before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Side = Literal["before", "after"]
SIDES: tuple[Side, Side] = ("before", "after")


@dataclass(frozen=True)
class Figure:
    """One number with what it rests on.

    Attributes:
        value: A share, an F1 or a similarity, 0 to 1.
        interval: Its 95% interval, where there is one.
        count: k of "k of n", where the number is a share of a count.
        total: n of "k of n".
        label: What was counted, for example the letter that a model likes best.
    """

    value: float
    interval: tuple[float, float] | None = None
    count: int | None = None
    total: int | None = None
    label: str = ""

    @property
    def number(self) -> str:
        """The number as it is written: "9/10", or "0.53" where nothing was counted."""
        shown = f"{self.value:.2f}" if self.count is None else f"{self.count}/{self.total}"
        return f"{self.label} {shown}".strip()

    @property
    def bounds(self) -> str:
        """The interval as it is written: "[0.70, 1.00]", or ""."""
        return "" if self.interval is None else "[{:.2f}, {:.2f}]".format(*self.interval)

    def __str__(self) -> str:
        return f"{self.number} {self.bounds}".strip()


@dataclass(frozen=True)
class Measure:
    """One row: a measure before and after; None where it was not measured.

    Attributes:
        name: What it is called in tables.
        before: Before tuning.
        after: After it.
        is_share: Whether it lies between 0 and 1, as shares and F1 do and losses do not.
    """

    name: str
    before: Figure | None
    after: Figure | None
    is_share: bool = field(default=True, kw_only=True)

    @property
    def sides(self) -> tuple[Figure | None, Figure | None]:
        """The figures in the order of `SIDES`."""
        return self.before, self.after


def share(count: int, total: int, interval: Sequence[float]) -> Figure:
    """Return the figure of `count` of `total` with its interval."""
    low, high = interval
    return Figure(count / total if total else 0.0, (low, high), count, total)
