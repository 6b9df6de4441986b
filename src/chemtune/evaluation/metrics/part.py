"""Part: what one example adds to a measure."""

from __future__ import annotations

from dataclasses import dataclass

from chemtune.evaluation.metrics.f1 import Overlap


@dataclass(frozen=True)
class Part:
    """One example's part of a measure, whose value is the sum of numerators over denominators.

    Attributes:
        numerator: From 0 to `denominator`, unless the measure has no upper end.
        denominator: 0 where the example says nothing.
        overlap: What was found, missed and invented, where the measure is an F1 over items.
    """

    numerator: float
    denominator: float
    overlap: Overlap | None = None

    @classmethod
    def of_items(cls, overlap: Overlap) -> Part:
        """The part of a micro F1, 2 TP / (2 TP + FN + FP)."""
        whole = 2 * overlap.found + overlap.missed + overlap.invented
        return cls(2 * overlap.found, whole, overlap)

    @classmethod
    def of_mean(cls, value: float) -> Part:
        """The part of a mean over the examples."""
        return cls(value, 1.0)


NOTHING = Part(0.0, 0.0)
