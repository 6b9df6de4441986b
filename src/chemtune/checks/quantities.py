"""Quantities: a number with its unit, and where in the document both stand."""

from __future__ import annotations

import re

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText, normalize

NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:\s*[x×]\s*10\s*[-−⁻]?\s*[\d⁰¹²³⁴-⁹]+)?")
QUANTITY = re.compile(
    r"^[~≈<>≤≥±\s]*(?P<numbers>[-−+]?\d[\d.,]*(?:\s*(?:[-–−±~]|to|and|×\s*10)\s*[-−⁻]?[\d⁰¹²³⁴-⁹][\d.,]*)*)"
    r"\s*(?P<unit>.*)$"
)
UNIT_SIGNS = re.compile(r"[·⋅∙.^*]")
CONDITION = re.compile(r"\s+(?:at|in|under)\s+|\s*[(;@]\s*")


def split_quantity(value: str) -> tuple[list[str], str] | None:
    """Return the numbers of a quantity and its unit, or None where it does not begin with a number.

    "1.8 ± 0.1 meq/g" gives (["1.8", "0.1"], "meq/g").
    """
    match = QUANTITY.match(value.strip())
    if not match:
        return None
    numbers = [n.group().strip(".,") for n in re.finditer(r"\d[\d.,]*", match["numbers"])]
    return numbers, match["unit"].strip()


def same_unit(one: str, other: str) -> bool:
    """Whether two units are written with the same characters, dashes, dots and spaces aside."""
    return _unit_key(one) == _unit_key(other)


def _unit_key(unit: str) -> str:
    plain, _ = normalize(unit)
    return UNIT_SIGNS.sub("", plain)


def ground_quantity(
    text: GroundText, field: str, value: str, units: tuple[str, ...] = ()
) -> list[Finding]:
    """Say where a quantity stands in `text`, as a whole or number and unit apart.

    Number and unit may stand apart where several numbers share one unit ("1.4, 1.9 and 2.4 meq/g").
    A condition ("98 mS/cm at 80 °C") is grounded for itself. `units`, where given, are those that
    the property can have.
    """
    stated = [part.strip(" )") for part in CONDITION.split(value) if part.strip(" )")]
    quantity, conditions = "".join(stated[:1]), stated[1:]
    findings = [_ground_condition(text, field, condition) for condition in conditions]
    parts = split_quantity(quantity)
    if parts is None:
        return [Finding("quantities", "error", field, value, "is not a number with a unit")]
    numbers, unit = parts
    if units and not any(same_unit(unit, allowed) for allowed in units):
        message = f"has the unit {unit!r}, not one of {', '.join(units)}"
        findings.append(Finding("quantities", "error", field, value, message))
    span = text.find(quantity) or _apart(text, numbers, unit)
    if span:
        return [*findings, Finding("grounding", "grounded", field, value, "", *span)]
    message = "does not stand in the document"
    return [*findings, Finding("grounding", "error", field, value, message)]


def _apart(text: GroundText, numbers: list[str], unit: str) -> tuple[int, int] | None:
    """The span of the first number, where every number stands in the text and so does the unit."""
    spans = [text.find(number) for number in numbers]
    if not all(spans):
        return None
    # As a whole, for "S/cm" is a part of "mS/cm".
    unit_stands = not unit or GroundText.of(UNIT_SIGNS.sub(" ", text.text)).find(_unit_key(unit))
    return spans[0] if unit_stands else None


def _ground_condition(text: GroundText, field: str, condition: str) -> Finding:
    numbers = NUMBER.findall(condition)
    stands = text.find(condition) or (numbers and text.find(numbers[0]))
    if stands:
        return Finding("grounding", "grounded", field, condition, "", *stands)
    message = "the condition does not stand in the document"
    return Finding("grounding", "warning", field, condition, message)
