"""Quantities: a number with its unit, and where in the document both stand."""

from __future__ import annotations

import re
from functools import lru_cache

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText, normalize
from chemtune.checks.quantity import Quantity, equal, leading_numbers, quantities_in
from chemtune.checks.units import parse_unit, same_dimension

# What a value may begin with: "~ 48%", "ca. 98 mS/cm", "약 0.1 S/cm".
LEAD = re.compile(
    r"(?:[~≈∼<>≤≥±\s(]|\b(?:about|around|approximately|approx\.|ca\.|nearly|over|above|below|up to"
    r"|more than|less than|at least|at most)(?=[\s\d])|약|최대|최소|대략)*",
    re.IGNORECASE,
)
UNIT_SIGNS = re.compile(r"[·⋅∙.^*]")
# A bracket at the beginning, or in "mol/(m2 s)", opens no condition.
CONDITION = re.compile(r"\s+(?:at|in|under)\s+|(?<=[^\s/(])\s*[(;@]\s*")


def split_quantity(value: str) -> tuple[list[str], str] | None:
    """Return the numbers of a quantity and its unit, or None where it does not begin with a number.

    "1.8 ± 0.1 meq/g" gives (["1.8", "0.1"], "meq/g"), "ca. 1.2e-3 S/cm" gives (["1.2e-3"], "S/cm").
    """
    value = value.strip()
    lead = LEAD.match(value)
    spans = leading_numbers(value, lead.end() if lead else 0)
    if not spans:
        return None
    numbers = [value[start:end] for start, end in spans]
    return numbers, value[spans[-1][1] :].lstrip(".,) ").strip()


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
    # A bare number has the dimension of "%", and yet says no share.
    kinds_of_it = (one for one in units if unit or not one)
    if units and not any(same_unit(unit, one) or same_dimension(unit, one) for one in kinds_of_it):
        kinds = ", ".join(units)
        message = f"has the unit {unit!r}, which is not of the kind of {kinds}"
        message = message if unit else f"has no unit; one of the kind of {kinds} was asked for"
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
    there = _quantities_of(text.text)
    found = [
        (start, end, text.how(quantity, (start, end)))
        for start, end in text.places(quantity)
        if not any(q.start < start < q.number_end for q in there)
    ]
    parts = split_quantity(quantity)
    if found or parts is None:
        return found
    numbers, unit = parts
    wanted = quantities_in(quantity)
    if _unit_stands(text, unit):
        apart = [[q for q in there if _may_be(q, one, unit)] for one in wanted]
        if len(wanted) == len(numbers) and all(apart):
            return [_span(q) for q in apart[0]]
    if not unit:
        return []
    if not wanted or not all(any(equal(q, other) for other in there) for q in wanted):
        return []
    return [(q.start, q.end, "converted") for q in there if equal(wanted[0], q)]


def _span(there: Quantity) -> tuple[int, int, str]:
    """Where a number stands, with its unit where that follows at once."""
    if there.unit and not there.shared:
        return there.start, there.end, "normalized"
    return there.start, there.number_end, "apart"


@lru_cache(maxsize=4)
def _quantities_of(text: str) -> tuple[Quantity, ...]:
    return tuple(quantities_in(text))


def _may_be(there: Quantity, wanted: Quantity, unit: str) -> bool:
    """Whether a number of the text, whose unit may stand apart from it, is the one wanted."""
    return there.value == wanted.value and (not there.unit or same_unit(there.unit, unit))


def split_conditions(value: str) -> tuple[str, list[str]]:
    """Return a value without its conditions, and these: "98 mS/cm at 80 °C" has one."""
    quantity, *stated = CONDITION.split(value.strip())
    conditions = [part.strip(" )") for part in stated if part.strip(" )")]
    return quantity.strip(), conditions


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
    stands = standing(text, condition)
    if not stands and not _is_plain(condition):
        # "fully hydrated, 30 °C": its first number has to do.
        numbers = quantities_in(condition)
        stands = standing(text, _as_written(condition, numbers[0])) if numbers else []
    if stands:
        return Finding("grounding", "grounded", field, condition, "", *stands[0])
    message = "the condition does not stand in the document"
    return Finding("grounding", "warning", field, condition, message)


def _is_plain(condition: str) -> bool:
    parts = split_quantity(condition)
    return parts is not None and parse_unit(parts[1]) is not None


def _as_written(text: str, quantity: Quantity) -> str:
    return text[quantity.start : quantity.end]
