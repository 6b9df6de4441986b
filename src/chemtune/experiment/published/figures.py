"""The paper's figures as data: each with the table it stands in, and its count where it has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FIGURES = Path(__file__).parent / "figures.yaml"
NOTHING = "nothing"
AVERAGE = "average"
DIGITS = 4
ROUNDING = 1e-9


@dataclass(frozen=True)
class PublishedSet:
    """A question set of the paper.

    Attributes:
        name: As the tables' columns name it.
        title: What it is called in text.
        level: "high school", "college" or "professional".
        language: "en" or "ko".
        key: How often each letter is the right one; empty where that is not known.
    """

    name: str
    title: str
    level: str
    language: str
    key: Mapping[str, int]

    @property
    def total(self) -> int:
        """The number of questions; 0 where it is not known."""
        return sum(self.key.values())

    @property
    def constant(self) -> tuple[str, int]:
        """The best single letter, and how many questions it gets right.

        Raises:
            ValueError: The key is not known.
        """
        return max(self.key.items(), key=lambda item: item[1])


@dataclass(frozen=True)
class PublishedFigure:
    """One number of one table.

    Attributes:
        table: The number of its table.
        start: The model that tuning started from.
        tuned_on: The data that it was tuned on; "nothing" where it was not.
        column: The name of its question set, or "average".
        value: As printed, of 0 to 1.
        counts: Every count of right answers that rounds to it; empty where none does, or where the
            size of the set is not known.
    """

    table: int
    start: str
    tuned_on: str
    column: str
    value: float
    counts: tuple[int, ...] = ()

    @property
    def count(self) -> int | None:
        """The count, where there is exactly one."""
        return self.counts[0] if len(self.counts) == 1 else None


@dataclass(frozen=True)
class Published:
    """All figures, in the order of the tables."""

    source: str
    sets: Mapping[str, PublishedSet]
    figures: tuple[PublishedFigure, ...]

    def distinct(self) -> Iterator[PublishedFigure]:
        """Yield each figure once, from the last table that has it: that is the fullest."""
        last = {(f.start, f.tuned_on, f.column): f for f in self.figures if f.column != AVERAGE}
        yield from last.values()

    def counted(self) -> Iterator[PublishedFigure]:
        """Yield each figure once that has a count."""
        yield from (figure for figure in self.distinct() if figure.count is not None)


def counts_of(value: float, total: int) -> tuple[int, ...]:
    """Return every count of `total` whose share is `value` when it is rounded to four digits."""
    near = range(max(0, int(value * total) - 1), min(total, int(value * total) + 2) + 1)
    return tuple(k for k in near if abs(round(k / total, DIGITS) - value) < ROUNDING)


@cache
def load_published() -> Published:
    """Return the figures of the paper, with the counts that they stand for."""
    data: dict[str, Any] = yaml.safe_load(FIGURES.read_text(encoding="utf-8"))
    sets = {name: PublishedSet(name=name, **{"key": {}, **of}) for name, of in data["sets"].items()}
    figures = []
    for table in data["tables"]:
        for start, tuned_on, *values in table["rows"]:
            for column, value in zip(table["columns"], values, strict=True):
                total = sets[column].total if column in sets else 0
                counts = counts_of(value, total) if total else ()
                figures.append(
                    PublishedFigure(table["number"], start, tuned_on, column, value, counts)
                )
    return Published(data["source"], sets, tuple(figures))
