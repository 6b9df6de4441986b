from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t, ttest_1samp

from chemtune.evaluation.seeds import seed_spread


def test_between_seeds_as_students_t_and_by_question_as_the_standard_error() -> None:
    generator = np.random.default_rng(0)
    hard = generator.random(300)
    right = [(generator.random(300) < hard).astype(float) for _ in range(4)]
    questions = [f"q{i}" for i in range(300)]
    found = seed_spread([(run.tolist(), [1.0] * 300) for run in right], questions)
    assert found is not None
    means = [float(run.mean()) for run in right]
    assert found.values == pytest.approx(means)
    assert found.deviation == pytest.approx(np.std(means, ddof=1))
    assert found.interval == pytest.approx(tuple(ttest_1samp(means, 0).confidence_interval()))
    by_question = np.mean(right, axis=0)
    assert found.question_error == pytest.approx(by_question.std() / np.sqrt(300), rel=0.03)


def test_two_seeds_by_hand() -> None:
    found = seed_spread([([1, 0], [1, 1]), ([1, 1], [1, 1])], ["a", "b"])
    assert found is not None
    assert found.mean == 0.75
    # The deviation of 0.5 and 1 is sqrt(1/8); its error sqrt(1/8) / sqrt(2) is a quarter.
    half = t.ppf(0.975, 1) / 4
    assert found.interval == pytest.approx((0.75 - half, 0.75 + half))


def test_spread_needs_runs_that_say_something() -> None:
    assert seed_spread([([0], [0]), ([1], [1])], ["a"]) is None
    with pytest.raises(ValueError, match="no spread"):
        seed_spread([([1], [1])], ["a"])
