from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.evaluation.families import holm

PS = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_holm_by_hand() -> None:
    # 4 * 0.01, 3 * 0.02, then 2 * 0.03 is no smaller than it, and 1 * 0.2.
    assert holm([0.03, 0.01, 0.2, 0.02]) == pytest.approx([0.06, 0.04, 0.2, 0.06])
    assert holm([]) == []
    assert holm([0.04]) == [0.04]


@given(PS, st.sampled_from([0.01, 0.05, 0.2]))
def test_holm_rejects_what_its_steps_reject(values: list[float], alpha: float) -> None:
    rejected = set()
    for rank, at in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        if values[at] * (len(values) - rank) > alpha:
            break
        rejected.add(at)
    assert {at for at, p in enumerate(holm(values)) if p <= alpha} == rejected
