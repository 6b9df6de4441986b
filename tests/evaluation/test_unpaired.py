from __future__ import annotations

from math import comb

import pytest

from chemtune.evaluation.unpaired import fisher, unpaired_interval


def test_fisher_by_counting_the_tables() -> None:
    # 8 of 10 against 2 of 10: all tables with 10 right in 20, those no likelier than this one.
    likely = [comb(10, k) * comb(10, 10 - k) / comb(20, 10) for k in range(11)]
    assert fisher((8, 10), (2, 10)) == pytest.approx(sum(p for p in likely if p <= likely[8]))


def test_newcombes_published_example() -> None:
    # Newcombe (1998), table II, example (a): 56/70 less 48/80 is 0.2 with 0.0524 to 0.3339.
    low, high = unpaired_interval((48, 80), (56, 70))
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert unpaired_interval((56, 70), (48, 80)) == pytest.approx((-high, -low))
    assert unpaired_interval((0, 0), (1, 2)) == (-1.0, 1.0)
