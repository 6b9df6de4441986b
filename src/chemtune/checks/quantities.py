"""Quantities: a number with its unit, and where in the document both stand."""

from __future__ import annotations

import re

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText, normalize
from chemtune.checks.quantity import equal, quantities_in
from chemtune.checks.units import same_dimension

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
    """Say where a quantity stands in `text`: as written, number and unit apart, or converted.

    Number and unit may stand apart where several numbers share one unit ("1.4, 1.9 and 2.4 meq/g").
    A condition ("98 mS/cm at 80 °C") is grounded for itself. `units`, where given, are examples of
    those that the property can have: another unit must be of the dimension of one of them.
    """
    quantity, conditions = split_conditions(value)
    findings = [_ground_condition(text, field, condition) for condition in conditions]
    parts = split_quantity(quantity)
    if parts is None:
        return [Finding("quantities", "error", field, value, "is not a number with a unit")]
    numbers, unit = parts
    if units and not any(same_unit(unit, one) or same_dimension(unit, one) for one in units):
        message = f"has the unit {unit!r}, which is not of the kind of {', '.join(units)}"
        findings.append(Finding("units", "error", field, value, message))
    stands = standing(text, quantity)
    if stands:
        start, end, how = stands[0]
        return [*findings, Finding("grounding", "grounded", field, value, "", start, end, how)]
    message = "does not stand in the document" + _nearest(text, numbers, unit)
    return [*findings, Finding("grounding", "error", field, value, message)]


def standing(text: GroundText, quantity: str) -> list[tuple[int, int, str]]:
    """Return (start, end, how) of every place where a quantity stands, by the first way that finds.

    `how` is "exact", "normalized", "apart", or "converted": see `Finding`.
    """
    found = [(start, end, text.how(quantity, (start, end))) for start, end in text.places(quantity)]
    parts = split_quantity(quantity)
    if found or parts is None:
        return found
    numbers, unit = parts
    if _unit_stands(text, unit) and all(text.find(number) for number in numbers):
        return [(start, end, "apart") for start, end in text.places(numbers[0])]
    if not unit:
        return []
    wanted = quantities_in(quantity)
    there = quantities_in(text.text)
    if not wanted or not all(any(equal(q, other) for other in there) for q in wanted):
        return []
    return [(q.start, q.end, "converted") for q in there if equal(wanted[0], q)]


def split_conditions(value: str) -> tuple[str, list[str]]:
    """Return a value without its conditions, and these: "98 mS/cm at 80 °C" has one."""
    stated = [part.strip(" )") for part in CONDITION.split(value) if part.strip(" )")]
    return "".join(stated[:1]), stated[1:]


def _unit_stands(text: GroundText, unit: str) -> bool:
    # As a whole, for "S/cm" is a part of "mS/cm".
    if not unit:
        return True
    return GroundText.of(UNIT_SIGNS.sub(" ", text.text)).find(_unit_key(unit)) is not None


def _nearest(text: GroundText, numbers: list[str], unit: str) -> str:
    """Say what does stand there: the number with another unit."""
    there = [q for q in quantities_in(text.text) if q.unit and f"{q.value:g}" in numbers]
    written = dict.fromkeys(text.text[q.start : q.end] for q in there)
    return f"; it has {', '.join(repr(one) for one in list(written)[:2])}" if written else ""


def _ground_condition(text: GroundText, field: str, condition: str) -> Finding:
    numbers = NUMBER.findall(condition)
    span = text.find(condition)
    if span:
        return Finding(
            "grounding", "grounded", field, condition, "", *span, text.how(condition, span)
        )
    span = text.find(numbers[0]) if numbers else None
    if span:
        return Finding("grounding", "grounded", field, condition, "", *span, "apart")
    message = "the condition does not stand in the document"
    return Finding("grounding", "warning", field, condition, message)
