from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.evaluation.metrics.f1 import Overlap
from chemtune.evaluation.metrics.names import exact, lenient, overlapping

NAMES = ["KOH", "KOH solution", "Pt", "Pt/C", "Pt/C catalyst", "sodium chloride", "sodium", "물"]
lists = st.lists(st.sampled_from(NAMES), unique=True, max_size=4)


def test_exact_in_one_spelling() -> None:
    found = exact(["IrO2", "irO₂", "water"], ["IrO₂", "KOH"])
    assert found == Overlap(found=1, missed=1, invented=1)


def test_lenient_by_hand() -> None:
    # One equal, one half ("KOH solution"), one of the answer's without a partner.
    part = lenient(["Pt", "KOH solution", "gold"], ["Pt", "KOH"])
    assert part.numerator / part.denominator == pytest.approx(2 * 1.5 / 5)
    # Words that are not in a row, or letters within a word, make no part.
    assert not overlapping("sodium chloride", "sodium potassium chloride")
    assert not overlapping("Pt", "PtCo")
    assert overlapping("Pt", "Pt/C")
    assert overlapping("탄소", "탄소 지지체")


def test_each_name_has_one_partner() -> None:
    # Both of the answer's are part of the one that is wanted: only one counts.
    part = lenient(["KOH solution", "1 M KOH"], ["KOH"])
    assert (part.numerator, part.denominator) == (1.0, 3)


@given(lists, lists)
def test_the_pairing_is_the_best_there_is(answer: list[str], reference: list[str]) -> None:
    def credit(one: str, other: str) -> float:
        return 1.0 if one == other else 0.5 if overlapping(one, other) else 0.0

    short, long = sorted((answer, reference), key=len)
    best = max(
        sum(credit(a, b) for a, b in zip(short, chosen, strict=True))
        for chosen in permutations(long, len(short))
    )
    part = lenient(answer, reference)
    assert part.numerator == pytest.approx(2 * best)
    assert part.denominator == len(answer) + len(reference)
    assert part.numerator >= 2 * exact(answer, reference).found
