from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.checks.finding import errors
from chemtune.checks.grounding import GroundText
from chemtune.checks.quantities import ground_quantity, same_unit, split_conditions, split_quantity

TEXT = (
    "Ion exchange capacities were 1.4, 1.9 and 2.4 meq/g. The uptake was 31.5 ± 1.8% and the "
    "conductivity 61 mS/cm at 30 °C and 147 mS cm−1 at 80 °C; 5.0 S·cm⁻¹ and 1.1 × 10⁻⁸ cm² min⁻¹."
)
GROUND = GroundText.of(TEXT)


def wrong(value: str, *units: str) -> list[str]:
    return [finding.message for finding in errors(ground_quantity(GROUND, "f", value, units))]


@pytest.mark.parametrize(
    ("value", "piece"),
    [
        ("2.4 meq/g", "2.4 meq/g"),
        ("1.4 meq/g", "1.4"),
        ("1.9 meq/g", "1.9"),
        ("31.5 ± 1.8%", "31.5 ± 1.8%"),
        ("31.5±1.8 %", "31.5 ± 1.8%"),
        ("31.5%", "31.5"),
        ("147 mS cm-1", "147 mS cm−1"),
        ("147 mS cm⁻¹", "147 mS cm−1"),
        ("5.0 S cm−1", "5.0 S·cm⁻¹"),
        ("1.1 × 10⁻⁸ cm² min⁻¹", "1.1 × 10⁻⁸ cm² min⁻¹"),
    ],
)
def test_a_quantity_stands_in_the_text(value: str, piece: str) -> None:
    (finding,) = ground_quantity(GROUND, "f", value)
    assert finding.severity == "grounded"
    assert TEXT[finding.start : finding.end] == piece


@pytest.mark.parametrize(
    "value",
    ["1.5 meq/g", "2.4 mol/g", "31.5 ± 9.9%", "14 mS/cm", "4 meq/g", "61 S/cm", "47 mS cm−1"],
)
def test_an_invented_number_or_unit(value: str) -> None:
    (message,) = wrong(value)
    assert message.startswith("does not stand in the document")


def test_an_invented_unit_is_told_what_stands_there() -> None:
    assert wrong("61 S/cm") == ["does not stand in the document; it has '61 mS/cm'"]


def test_a_unit_that_the_property_cannot_have() -> None:
    assert wrong("61 mS/cm", "mS/cm", "S/cm") == []
    assert wrong("147 mS cm−1", "mS cm-1") == []
    assert wrong("2.4 meq/g", "mmol/g", "%") == []
    message = "has the unit 'meq/g', which is not of the kind of mS/cm, %"
    assert wrong("2.4 meq/g", "mS/cm", "%") == [message]
    assert wrong("2.4", "meq/g") == ["has no unit; one of the kind of meq/g was asked for"]
    # "%" has the dimension of a bare number, and a number of samples is no share.
    assert wrong("31.5", "%") == ["has no unit; one of the kind of % was asked for"]


@pytest.mark.parametrize("value", ["high", "some 3 g", "()", "(", "@", "at 80 °C", "N/A"])
def test_what_is_no_quantity(value: str) -> None:
    assert "is not a number with a unit" in wrong(value, "meq/g")


@pytest.mark.parametrize(
    "value", ["61 mS/cm at 30 °C", "61 mS/cm (30 °C)", "61 mS/cm @ 30 °C", "61 mS/cm; 30 °C"]
)
def test_a_condition_is_grounded_for_itself(value: str) -> None:
    condition, quantity = ground_quantity(GROUND, "f", value, ("mS/cm",))
    assert TEXT[condition.start : condition.end] == "30 °C"
    assert TEXT[quantity.start : quantity.end] == "61 mS/cm"
    assert quantity.value == value


def test_an_invented_condition_is_a_warning() -> None:
    condition, quantity = ground_quantity(GROUND, "f", "61 mS/cm at 95 °C", ("mS/cm",))
    assert (condition.severity, condition.value) == ("warning", "95 °C")
    assert quantity.severity == "grounded"


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("1.8 ± 0.1 meq/g", (["1.8", "0.1"], "meq/g")),
        ("20-30 %", (["20", "30"], "%")),
        ("1.4 to 1.9 meq/g", (["1.4", "1.9"], "meq/g")),
        ("~ 48%", (["48"], "%")),
        ("−0.5 V", (["0.5"], "V")),
        ("10,000 h", (["10,000"], "h")),
        ("7.5", (["7.5"], "")),
        ("1.2e-3 S/cm", (["1.2e-3"], "S/cm")),
        ("1.2 × 10–3 S cm–1", (["1.2 × 10–3"], "S cm–1")),
        ("(98 ± 3) mS/cm", (["98", "3"], "mS/cm")),
        ("ca. 98 mS/cm", (["98"], "mS/cm")),
        ("약 0.1 S/cm", (["0.1"], "S/cm")),
        ("meq/g 1.8", None),
        ("", None),
    ],
)
def test_split_quantity(value: str, parts: tuple[list[str], str] | None) -> None:
    assert split_quantity(value) == parts


@settings(deadline=None, max_examples=100)
@given(st.decimals(0, 10**6, places=2), st.sampled_from(["mS/cm", "wt%", "mmol g⁻¹", "g·L⁻¹"]))
def test_a_number_and_its_unit_are_told_apart_and_found(number: object, unit: str) -> None:
    value = f"{number} {unit}"
    assert split_quantity(value) == ([str(number)], unit)
    (finding,) = ground_quantity(GroundText.of(f"It was {value}, at last."), "f", value, (unit,))
    assert (finding.severity, finding.start) == ("grounded", 7)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("mS cm−1", "mS cm⁻¹", True),
        ("mS·cm⁻¹", "mS cm-1", True),
        ("meq./g", "meq/g", True),
        ("mS/cm", "S/cm", False),
        ("mS/cm", "MS/cm", False),
        ("mS cm-1", "mS/cm", False),
    ],
)
def test_same_unit(one: str, other: str, same: bool) -> None:
    assert same_unit(one, other) is same


@pytest.mark.parametrize(
    ("text", "value", "how", "piece"),
    [
        ("was 1.2 × 10–3 S cm–1.", "1.2e-3 S/cm", "converted", "1.2 × 10–3 S cm–1"),
        ("was 1.2 × 10–3 S cm–1.", "1.2 mS/cm", "converted", "1.2 × 10–3 S cm–1"),
        ("above 10−2 S cm−1.", "10 mS/cm", "converted", "10−2 S cm−1"),
        ("was (98 ± 3) mS/cm.", "0.098 S/cm", "converted", "98"),
        ("was (98 ± 3) mS/cm.", "98 ± 3 mS/cm", "apart", "98"),
        ("was 0,098 S/cm.", "98 mS/cm", "converted", "0,098 S/cm"),
        ("was 1,5 mS/cm.", "1.5 mS/cm", "normalized", "1,5 mS/cm"),
        ("was 98 mS/cm.", "ca. 98 mS/cm", "normalized", "98 mS/cm"),
        ("was 2.1 mequiv. g−1.", "2.1 mmol g-1", "converted", "2.1 mequiv. g−1"),
        ("was 35 wt. % then", "35%", "converted", "35 wt. %"),
        ("전도도는98mS/cm이다", "0.098 S/cm", "converted", "98mS/cm"),
        ("was 80–90 mS/cm.", "0.08–0.09 S/cm", "converted", "80"),
    ],
)
def test_one_quantity_has_many_spellings(text: str, value: str, how: str, piece: str) -> None:
    (finding,) = ground_quantity(GroundText.of(text), "f", value)
    assert (finding.severity, finding.how) == ("grounded", how)
    assert text[finding.start : finding.end] == piece


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("was 1.2 × 10−3 S cm−1.", "1.2 S cm−1"),
        ("was 1.2 × 10−3 S cm−1.", "10−3 S cm−1"),
        ("above 10−2 S cm−1.", "2 S cm−1"),
        ("was 1,5 mS/cm.", "5 mS/cm"),
        ("was 0,098 S/cm.", "98 S/cm"),
        ("was 98 mS/cm.", "-98 mS/cm"),
        ("at −0.5 V", "0.5 V"),
        # Number and unit stand there, but with others.
        ("1.2 V and 5 mS/cm", "1.2 mS/cm"),
    ],
)
def test_a_part_of_another_number_is_none(text: str, value: str) -> None:
    (message,) = [f.message for f in errors(ground_quantity(GroundText.of(text), "f", value))]
    assert message.startswith("does not stand in the document")


@pytest.mark.parametrize(
    ("condition", "how", "piece"),
    [("80 °C", "converted", "80도"), ("353 K", "converted", "80도"), ("1 h", "converted", "1시간")],
)
def test_a_condition_in_another_unit(condition: str, how: str, piece: str) -> None:
    text = "80도에서 1시간 뒤 98 mS/cm, 80 V에서"
    value = f"98 mS/cm at {condition}"
    finding, _ = ground_quantity(GroundText.of(text), "f", value)
    assert (finding.how, text[finding.start : finding.end]) == (how, piece)
    elsewhere, _ = ground_quantity(GroundText.of("98 mS/cm at 80 V"), "f", "98 mS/cm at 80 °C")
    assert elsewhere.severity == "warning"


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("98 mS/cm (80 °C)", ("98 mS/cm", ["80 °C"])),
        ("98 mS/cm at 80 °C in water", ("98 mS/cm", ["80 °C", "water"])),
        ("(98 ± 3) mS/cm", ("(98 ± 3) mS/cm", [])),
        ("2 mol/(m2 s); 80 °C", ("2 mol/(m2 s)", ["80 °C"])),
    ],
)
def test_split_conditions(value: str, parts: tuple[str, list[str]]) -> None:
    assert split_conditions(value) == parts
