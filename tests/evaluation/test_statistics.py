from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from chemtune.evaluation.statistics import bootstrap, kappa, mcnemar, wilson


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_wilsons_formula(counts: tuple[int, int]) -> None:
    correct, total = counts
    z, p = 1.959963984540054, correct / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    low, high = wilson(correct, total)
    assert low == pytest.approx(max(0, middle - half), abs=1e-9)
    assert high == pytest.approx(min(1, middle + half), abs=1e-9)


def test_wilson_of_nothing_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_mcnemar_counts_only_the_pairs_that_differ() -> None:
    before = [True] * 10 + [False] * 10 + [True] + [False] * 7
    after = [True] * 10 + [False] * 10 + [False] + [True] * 7
    # 1 lost, 7 gained of 8: two-sided 2 * (C(8,0) + C(8,1)) / 2**8.
    assert mcnemar(before, after) == pytest.approx(2 * (1 + 8) / 256)
    assert mcnemar(before, before) == 1.0


def test_mcnemar_needs_pairs() -> None:
    with pytest.raises(ValueError, match="shorter"):
        mcnemar([True, False], [True])


def test_bootstrap_of_a_mean_is_near_the_normal_interval_and_repeats() -> None:
    values = np.random.default_rng(0).normal(5, 2, 400)
    interval = bootstrap(400, lambda draw: float(values[draw].mean()))
    half = 1.96 * values.std() / 20
    assert interval == pytest.approx((values.mean() - half, values.mean() + half), abs=0.05)
    assert interval == bootstrap(400, lambda draw: float(values[draw].mean()))


@pytest.mark.parametrize("rates", [(0.5, 0.9), (0.9, 0.5), (0.2, 0.95)])
def test_kappa_is_scikit_learns(rates: tuple[float, float]) -> None:
    generator = np.random.default_rng(1)
    one = generator.random(200) < rates[0]
    other = np.where(generator.random(200) < rates[1], one, ~one)
    value, (low, high) = kappa(list(zip(one.tolist(), other.tolist(), strict=True)))
    assert value == pytest.approx(cohen_kappa_score(one, other))
    assert low < value < high


def test_kappa_of_raters_that_never_vary() -> None:
    assert kappa([(True, True)] * 30)[0] == 0.0
    assert kappa([]) == (0.0, (-1.0, 1.0))
