"""The points of a loss chart, and of a longer curve only those that are new."""

from __future__ import annotations

from dataclasses import dataclass

from chemtune.experiment.charts import moving_window
from chemtune.experiment.training_curve import Curve, Points


@dataclass(frozen=True)
class CurvePoints:
    """The points of the three series of a chart: (step, loss)."""

    training: Points
    mean: Points
    validation: Points

    @property
    def series(self) -> tuple[Points, Points, Points]:
        """The three in the order in which the chart has them."""
        return self.training, self.mean, self.validation

    @property
    def any(self) -> bool:
        """Whether there is a point."""
        return any(self.series)


def window_of(curve: Curve) -> int:
    """Return over how many steps the mean goes: fixed from the first step on, where it can be."""
    return moving_window(curve.steps or len(curve.training))


def points(curve: Curve, window: int, since: tuple[int, int] = (0, 0)) -> CurvePoints:
    """Return the points of a curve.

    Args:
        curve: The curve.
        window: Over how many steps the mean goes.
        since: How many points of training and validation are there already.
    """
    trained, validated = since
    return CurvePoints(
        curve.training[trained:],
        [(curve.training[at][0], _mean(curve, at, window)) for at in range(trained, _end(curve))],
        curve.validation[validated:],
    )


def _end(curve: Curve) -> int:
    return len(curve.training)


def _mean(curve: Curve, at: int, window: int) -> float:
    last = curve.training[max(0, at + 1 - window) : at + 1]
    return sum(loss for _, loss in last) / len(last)
