from __future__ import annotations

import pytest

from chemtune.evaluation.metrics.keyphrases import score_keyphrases
from chemtune.evaluation.metrics.words import stems

SOURCE = "Anion exchange membranes conduct hydroxide ions. 이온 전도도가 높은 막이다."
WANTED = ["anion exchange membrane", "hydroxide ion", "alkaline stability"]


def values(answer: list[str], wanted: list[str] = WANTED) -> dict[str, float | None]:
    parts = score_keyphrases(answer, wanted, SOURCE)
    return {n: p.numerator / p.denominator if p.denominator else None for n, p in parts.items()}


def test_by_hand() -> None:
    answer = ["Hydroxide ions", "fuel cells", "hydroxide ion", "x", "y", "z", "alkaline stability"]
    # Six distinct ones, two of them right; one of the first five distinct ones.
    found = values(answer)
    assert found["F1@M"] == pytest.approx(2 * 2 / (6 + 3))
    assert found["F1@5"] == pytest.approx(2 * 1 / (5 + 3))
    # "hydroxide ion" alone of the answer stands in the text; two of the reference do.
    assert found["F1@M, present"] == pytest.approx(2 * 1 / (1 + 2))
    assert found["F1@M, absent"] == pytest.approx(2 * 1 / (5 + 1))
    assert found["F1@5, absent"] == pytest.approx(2 * 1 / (5 + 1))


def test_fewer_than_five_are_not_filled_up() -> None:
    found = values(["hydroxide ion"])
    assert found["F1@5"] == found["F1@M"] == pytest.approx(2 / 4)


def test_a_document_without_absent_ones_says_nothing_of_them() -> None:
    assert values(["anything"], WANTED[:2])["F1@M, absent"] is None
    assert values([], WANTED[:2])["F1@M, present"] == 0.0


def test_korean_phrases_stand_as_they_are() -> None:
    assert stems("이온 전도도") == ("이온", "전도도")
    assert stems("Membranes conducting, IrO₂") == ("membran", "conduct", "iro2")
    assert values(["이온 교환"], ["이온 교환"])["F1@M"] == 1.0
