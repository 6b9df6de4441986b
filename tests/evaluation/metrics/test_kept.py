from __future__ import annotations

import pytest

from chemtune.evaluation.metrics.kept import (
    code_switches,
    numbers_invented,
    numbers_kept,
    terms,
    terms_kept,
)

SOURCE = "The Nafion membrane (AEM) reached 98 mS/cm at 80 °C with IrO2 over 20,000 cycles."
KOREAN = "Nafion 막(AEM)은 IrO2로 80 °C에서 98 mS/cm에 2만 회 이르렀다."


def of(part: object) -> tuple[float, float]:
    return part.numerator, part.denominator  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (KOREAN, 3),
        ("섭씨 80도에서 0.098 S/cm이다.", 2),
        ("98 S/cm, 80%, 20001 회", 0),
        ("막이다.", 0),
        ("98 mS/cm, 98 mS/cm, 98 mS/cm", 1),
    ],
)
def test_numbers_are_kept_with_their_units(text: str, kept: int) -> None:
    assert of(numbers_kept(text, SOURCE)) == (kept, 3)


def test_invented_numbers() -> None:
    assert of(numbers_invented(KOREAN, SOURCE)) == (0, 3)
    assert of(numbers_invented("98 S/cm, 80 °C, 7 nm", SOURCE)) == (2, 3)
    assert of(numbers_invented("막이다.", SOURCE)) == (0, 0)


def test_terms() -> None:
    assert terms("The AEM with IrO₂ and polystyrene ran at 80 °C.") == {
        "aem",
        "iro2",
        "polystyrene",
    }
    assert {"iro2", "aem"} <= terms("AEM은 IrO2를 쓴다.")
    assert of(terms_kept("IrO2만 쓴다.", "AEM은 IrO2를 쓴다.")) == (1, 2)


def test_code_switches_are_english_words_and_no_names_units_or_formulas() -> None:
    assert of(code_switches(KOREAN, SOURCE))[0] == 0
    said = "이 membrane은 stability가 높다."
    assert of(code_switches(said, SOURCE)) == (2, 4)
    assert of(code_switches("이 막은 안정성(stability)이 높다.", SOURCE))[0] == 0
    assert of(code_switches("0.5 A cm⁻²와 2 A에서 1.8 V이다.", SOURCE))[0] == 0
