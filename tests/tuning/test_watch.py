"""Early stopping: which validation is the best, and when there was no gain for long."""

from __future__ import annotations

import pytest

from chemtune.tuning.watch import best_of


@pytest.mark.parametrize(
    ("losses", "least_gain", "best", "since"),
    [
        ([3.0], 0.0, 0, 0),
        ([3.0, 2.0, 1.0], 0.0, 2, 0),
        ([3.0, 2.0, 2.5, 2.0], 0.0, 1, 2),
        ([3.0, 2.0, 1.95, 1.9], 0.2, 1, 2),
        ([3.0, 2.0, 1.95, 1.7], 0.2, 3, 0),
        ([3.0, float("nan"), 2.0], 0.0, 2, 0),
    ],
)
def test_the_best_validation(losses: list[float], least_gain: float, best: int, since: int) -> None:
    steps = list(enumerate(losses))
    assert best_of(steps, least_gain) == (steps[best], since)


def test_without_a_validation_there_is_no_best() -> None:
    with pytest.raises(ValueError, match="no validation"):
        best_of([], 0.0)
