from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import bootstrap, permutation_test

from chemtune.evaluation.paired import paired_interval, ratio_difference

NONE = [f"d{i}" for i in range(200)]


def drawn(count: int, lift: float, seed: int = 0) -> tuple[list[list[float]], list[str]]:
    """Numerators and denominators of two runs, two examples a document."""
    generator = np.random.default_rng(seed)
    clusters = [f"d{i // 2}" for i in range(count)]
    below = generator.integers(1, 9, (2, count)).astype(float)
    rates = np.clip(np.repeat(generator.beta(2, 2, count // 2), 2), 0, 1)
    above = np.stack([below[0] * rates, below[1] * np.clip(rates + lift, 0, 1)])
    noise = generator.random((2, count))
    above = np.clip(above + noise - 0.5, 0, below)
    return [above[0].tolist(), below[0].tolist(), above[1].tolist(), below[1].tolist()], clusters


def test_interval_and_error_are_scipys_over_whole_documents() -> None:
    parts, clusters = drawn(120, 0.05)
    sums = np.array(parts).reshape(4, -1, 2).sum(axis=2)

    def difference(a, b, c, d, axis):
        return c.sum(axis) / d.sum(axis) - a.sum(axis) / b.sum(axis)

    peer = bootstrap(
        tuple(sums), difference, paired=True, n_resamples=10_000, method="percentile", rng=1
    )
    found = ratio_difference((parts[0], parts[1]), (parts[2], parts[3]), clusters)
    assert found is not None
    assert found.clusters == 60
    assert found.difference == pytest.approx(difference(*sums, axis=0))
    assert found.interval == pytest.approx(tuple(peer.confidence_interval), abs=0.003)
    assert found.error == pytest.approx(peer.standard_error, rel=0.05)


@pytest.mark.parametrize("count", [16, 80])
def test_p_is_scipys_permutation_of_pairs(count: int) -> None:
    parts, clusters = drawn(count, 0.04, seed=3)
    sums = np.array(parts).reshape(4, -1, 2).sum(axis=2)
    places = np.arange(count // 2)

    def difference(x, y, axis):
        # SciPy swaps numbers, so each run's documents go by number: first run, then second.
        above = np.concatenate([sums[0], sums[2]])
        below = np.concatenate([sums[1], sums[3]])
        return above[y].sum(axis) / below[y].sum(axis) - above[x].sum(axis) / below[x].sum(axis)

    peer = permutation_test(
        (places, places + count // 2),
        difference,
        permutation_type="samples",
        n_resamples=20_000,
        vectorized=True,
        rng=1,
    )
    found = ratio_difference((parts[0], parts[1]), (parts[2], parts[3]), clusters)
    assert found is not None
    assert found.p == pytest.approx(peer.pvalue, abs=1e-12 if count == 16 else 0.012)


def test_no_p_is_0_and_few_documents_prove_nothing() -> None:
    ones = [1.0] * 200
    none = [0.0] * 200
    many = ratio_difference((none, ones), (ones, ones), NONE)
    assert many is not None
    assert many.p == many.p_bootstrap == 1 / 10_001
    assert many.interval == (1.0, 1.0)
    few = ratio_difference((none[:4], ones[:4]), (ones[:4], ones[:4]), NONE[:4])
    assert few is not None
    # All four documents better: one swap in 16, and its mirror image, is as far.
    assert few.p == 2 / 16
    assert few.p_bootstrap < 0.001


def test_equal_runs_and_runs_that_say_nothing() -> None:
    ones = [1.0, 1.0, 0.0]
    same = ratio_difference((ones, [2.0] * 3), (ones, [2.0] * 3), NONE[:3])
    assert same is not None
    assert (same.p, same.p_bootstrap, same.difference, same.interval) == (1.0, 1.0, 0.0, (0.0, 0.0))
    assert ratio_difference((ones, [0.0] * 3), (ones, [2.0] * 3), NONE[:3]) is None
    with pytest.raises(ValueError, match=r"shorter|longer"):
        ratio_difference((ones, ones), (ones[:2], ones[:2]), NONE[:3])


def test_under_the_null_the_test_errs_at_most_one_time_in_twenty() -> None:
    generator = np.random.default_rng(5)
    errors = 0
    for _ in range(200):
        below = generator.integers(1, 6, 8).astype(float)
        rates = generator.beta(1, 1, 8)
        one, other = generator.binomial(below.astype(int), rates, (2, 8)).astype(float).tolist()
        found = ratio_difference((one, below.tolist()), (other, below.tolist()), NONE[:8])
        errors += found is not None and found.p < 0.05
    assert errors / 200 < 0.07


def test_paired_interval_covers_as_often_as_it_says() -> None:
    total, up, down = 40, 0.3, 0.15
    from scipy.stats import multinomial

    covered = sum(
        multinomial.pmf([b, c, total - b - c], total, [up, down, 1 - up - down])
        for b, c in product(range(total + 1), repeat=2)
        if b + c <= total
        and (interval := paired_interval(b, c, total))[0] <= up - down <= interval[1]
    )
    assert covered == pytest.approx(0.95, abs=0.015)
    assert paired_interval(0, 0, 0) == (-1.0, 1.0)
    low, high = paired_interval(0, 0, 30)
    assert low == -high < 0
