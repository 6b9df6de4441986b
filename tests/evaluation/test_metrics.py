from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from chemtune.evaluation.metrics.chrf import chrf
from chemtune.evaluation.metrics.f1 import Overlap, label_f1, macro_f1, micro_f1

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


def test_item_f1_by_hand() -> None:
    one = Overlap.of(frozenset("abc"), frozenset("bcd"))
    nothing = Overlap.of(frozenset(), frozenset("xy"))
    assert one == Overlap(found=2, missed=1, invented=1)
    # 2 found, 3 missed, 1 invented in all: 4 / (4 + 3 + 1).
    assert micro_f1([one, nothing]) == pytest.approx(0.5)
    assert macro_f1([one, nothing]) == pytest.approx((2 / 3 + 0) / 2)


def test_nothing_to_find_and_nothing_found_is_right() -> None:
    assert micro_f1([Overlap.of(frozenset(), frozenset())]) == 1.0


def test_chrf_counts_hangul() -> None:
    reference = "음이온 교환막의 전도도가 높았다."
    assert chrf(reference, reference) == pytest.approx(1.0)
    assert 0.2 < chrf("교환막의 전도도가 낮았다.", reference) < 0.9
    assert chrf("platinum", reference) < 0.05
    assert chrf("", reference) == 0.0
