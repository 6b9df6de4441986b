"""A quantity as a table holds it: numbers in one unit, so that rows can be compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chemtune.checks.quantities import LEAD, split_conditions
from chemtune.checks.quantity import Quantity, quantities_in
from chemtune.checks.units import converted, parse_unit

UNCERTAINTY = re.compile(r"\s*(?:±|\+/-)\s*")
RANGE = re.compile(r"\s*(?:–|-|−|~|∼|to)\s*")
# Conversion is in binary: 0.0981 S/cm is 98.10000000000001 mS/cm.
DIGITS = 10


@dataclass(frozen=True)
class Measured:
    """A quantity in the unit of its property.

    Attributes:
        number: The number, or the lower end of a range; None where it cannot be read as one.
        high: The upper end of a range.
        uncertainty: What stands behind "±".
        unit: The unit of all three, or "".
        qualifier: What stands before the number: "~", "<", "up to"; or "".
        condition: What it was measured at, as the answer says it: "80 °C"; or "".
    """

    number: float | None = None
    high: float | None = None
    uncertainty: float | None = None
    unit: str = ""
    qualifier: str = ""
    condition: str = ""


def measure(value: str, units: Sequence[str] = ()) -> Measured:
    """Return a quantity's numbers in the first of `units` that it can be converted to.

    Where there is none, in its own unit. Several values in one ("1.4, 1.9 and 2.4 meq/g") have no
    one number: then that is None.

    Args:
        value: The quantity as a text: "~ 98 mS/cm at 80 °C", "1.8 ± 0.1 meq/g", "20-30%".
        units: The units that its property can have.
    """
    text, conditions = split_conditions(value.strip())
    condition = "; ".join(conditions)
    lead = LEAD.match(text)
    qualifier = lead[0].strip(" (") if lead else ""
    found = quantities_in(text)
    if not found or found[0].start > (lead.end() if lead else 0):
        return Measured(condition=condition)
    first, others = found[0], found[1:]
    high = uncertainty = None
    if len(others) == 1:
        between = text[first.number_end if first.shared else first.end : others[0].start]
        if UNCERTAINTY.fullmatch(between):
            uncertainty = others[0]
        elif RANGE.fullmatch(between):
            high = others[0]
    if others and not (high or uncertainty):
        return Measured(condition=condition)
    unit = _unit(first.unit, units)
    number = _in_unit(first, unit)
    return Measured(
        number=_rounded(number),
        high=_rounded(_in_unit(high, unit)) if high else None,
        uncertainty=_rounded(_difference(first, uncertainty, unit)) if uncertainty else None,
        unit=unit,
        qualifier=qualifier,
        condition=condition,
    )


def _unit(own: str, units: Sequence[str]) -> str:
    if not own:
        return ""  # 155 of something is not 15500%
    return next((unit for unit in units if converted(1.0, own, unit) is not None), own)


def _in_unit(quantity: Quantity, unit: str) -> float | None:
    if quantity.unit == unit or parse_unit(quantity.unit) is None:
        return quantity.value
    return converted(quantity.value, quantity.unit, unit)


def _difference(one: Quantity, by: Quantity, unit: str) -> float | None:
    """How much `unit` changes by, so that a scale with another zero, as °C, is no trouble."""
    if one.unit == unit:
        return by.value
    low, high = (converted(v, one.unit, unit) for v in (one.value, one.value + by.value))
    return None if low is None or high is None else abs(high - low)


def _rounded(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.{DIGITS}g}")
