from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from chemtune.evaluation.metrics.f1 import Overlap, f1, label_f1

letters = st.sampled_from("ABCD")
answers = st.lists(st.tuples(letters, st.one_of(st.none(), letters)), min_size=1, max_size=60)


@given(answers)
def test_label_f1_is_scikit_learns(pairs: list[tuple[str, str | None]]) -> None:
    key, chosen = [k for k, _ in pairs], [c for _, c in pairs]
    said = [c or "unreadable" for c in chosen]
    micro, macro = label_f1(key, chosen)
    labels = sorted(set(key))
    assert micro == pytest.approx(f1_score(key, said, average="micro"))
    assert macro == pytest.approx(
        f1_score(key, said, average="macro", labels=labels, zero_division=0)
    )


def test_overlap_by_hand() -> None:
    overlap = Overlap.of(frozenset("abc"), frozenset("bcd"))
    assert overlap == Overlap(found=2, missed=1, invented=1)
    assert f1(2, 1, 1) == pytest.approx(2 / 3)
    assert f1(0, 0, 0) == 1.0
