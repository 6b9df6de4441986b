"""F1 of items found, and of labels chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Overlap:
    """How the items of one answer and its reference overlap."""

    found: int
    missed: int
    invented: int

    @classmethod
    def of(cls, answer: frozenset[str], reference: frozenset[str]) -> Overlap:
        """Compare two sets of items."""
        return cls(len(answer & reference), len(reference - answer), len(answer - reference))


def f1(found: float, missed: float, invented: float) -> float:
    """Return 2 TP / (2 TP + FN + FP); 1 where there was nothing to find and nothing was found."""
    whole = 2 * found + missed + invented
    return 2 * found / whole if whole else 1.0


def label_f1(key: Sequence[str], chosen: Sequence[str | None]) -> tuple[float, float]:
    """Return micro and macro F1 of chosen labels; None is no readable answer, and wrong.

    Micro F1 over single labels is the accuracy. Macro F1 is the mean over the labels of the key, as
    scikit-learn's with `labels` set to them and `zero_division` to 0.
    """
    if not key:
        return 0.0, 0.0
    pairs = list(zip(key, chosen, strict=True))
    micro = sum(k == c for k, c in pairs) / len(pairs)
    by_label = []
    for label in sorted(set(key)):
        found = sum(k == c == label for k, c in pairs)
        missed = sum(k == label != c for k, c in pairs)
        invented = sum(c == label != k for k, c in pairs)
        by_label.append(f1(found, missed, invented))
    return micro, float(np.mean(by_label))
