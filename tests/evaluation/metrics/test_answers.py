from __future__ import annotations

import pytest

from chemtune.evaluation.metrics.answers import exact_match, numbers_right, token_f1


def test_token_f1_by_hand() -> None:
    # squad's: articles and punctuation aside, two of three words and two of four.
    assert token_f1("the Pt catalyst, heated", "A Pt catalyst.") == pytest.approx(2 * 2 / (3 + 2))
    assert token_f1("Pt Pt", "Pt") == pytest.approx(2 / 3)
    assert token_f1("", "Pt") == 0.0
    assert token_f1("gold", "Pt") == 0.0


def test_korean_particles_and_endings_are_passed_over() -> None:
    assert token_f1("백금이다", "백금") == 1.0
    assert token_f1("촉매는 백금을 쓴다", "백금") == pytest.approx(2 / (3 + 1))


@pytest.mark.parametrize(
    ("answer", "reference", "right"),
    [
        ("The sodium chloride.", "sodium chloride", True),
        ("IrO₂", "IrO2", True),
        ("염화 나트륨", "염화나트륨", True),
        ("a sodium", "sodium chloride", False),
        ("", "sodium", False),
        ("-5", "5", False),
    ],
)
def test_exact(answer: str, reference: str, right: bool) -> None:
    assert exact_match(answer, reference) is right


@pytest.mark.parametrize(
    ("answer", "reference", "parts"),
    [
        ("0.098 S/cm", "98 mS/cm", (2, 2)),
        ("It is 98 mS/cm at 80 °C", "98 mS/cm", (2, 3)),
        ("98", "98 mS/cm", (0, 2)),
        ("none", "98 mS/cm", (0, 1)),
        ("섭씨 80도", "80 °C", (2, 2)),
        ("4", "four", (0, 0)),
        ("4, 4, 4", "4", (2, 4)),
    ],
)
def test_numbers_with_their_units(answer: str, reference: str, parts: tuple[int, int]) -> None:
    part = numbers_right(answer, reference)
    assert (part.numerator, part.denominator) == parts
