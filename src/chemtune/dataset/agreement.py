"""How far two teachers agree who were asked the same, by task and field."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chemtune.evaluation.metrics.f1 import Overlap, f1
from chemtune.evaluation.statistics import bootstrap
from chemtune.tasks.aspects import Compared
from chemtune.tasks.task import Answer, Task, fold


@dataclass(frozen=True)
class FieldAgreement:
    """The agreement on one field of one task.

    Attributes:
        task: The task's name.
        field: The metric of items ("names", "values"), or the field of a text.
        examples: How many answers of both were compared.
        f1: Of the items of both together, 0 to 1: symmetric, neither teacher is the reference. For
            texts the share that is equal, case and spaces aside.
        interval: The 95% interval of `f1`, resampled by example.
    """

    task: str
    field: str
    examples: int
    f1: float
    interval: tuple[float, float]


def overlaps(task: Task, one: Answer, other: Answer) -> dict[str, Overlap]:
    """Return by field how two answers to one task overlap; a text counts as one item."""
    first, second = _items(task.compared(one)), _items(task.compared(other))
    return {field: Overlap.of(first[field], second[field]) for field in first if field in second}


def mean_f1(found: dict[str, Overlap]) -> float:
    """Return the mean of the fields' F1 of one example; 1 where there is no field."""
    values = [f1(o.found, o.missed, o.invented) for o in found.values()]
    return sum(values) / len(values) if values else 1.0


class Agreement:
    """Gathers the overlaps of many examples, in a few bytes each."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: dict[tuple[str, str], array[int]] = {}

    def add(self, task: str, found: dict[str, Overlap]) -> None:
        """Count the overlaps of one example."""
        for field, overlap in found.items():
            counts = self._counts.setdefault((task, field), array("I"))
            counts.extend((overlap.found, overlap.missed, overlap.invented))

    def totals(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        """Return the items found by both, missed and invented, by task and field."""
        sums = {
            key: np.frombuffer(flat, dtype=np.uint32).reshape(-1, 3).sum(axis=0)
            for key, flat in self._counts.items()
        }
        return {key: (int(s[0]), int(s[1]), int(s[2])) for key, s in sums.items()}

    def fields(self) -> Iterator[FieldAgreement]:
        """Yield the agreement on each field of each task."""
        for (task, field), flat in self._counts.items():
            counts = np.frombuffer(flat, dtype=np.uint32).reshape(-1, 3)

            def of(draw: np.ndarray, counts: np.ndarray = counts) -> float:
                return f1(*(float(total) for total in counts[draw].sum(axis=0)))

            everything = of(np.arange(len(counts)))
            yield FieldAgreement(task, field, len(counts), everything, bootstrap(len(counts), of))


def _items(compared: Compared) -> dict[str, frozenset[str]]:
    texts = {field: frozenset([fold(text)]) for field, text in compared.texts.items()}
    return {**compared.items, **texts}
