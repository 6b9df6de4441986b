"""When two values that models wrote down are the same: after unit conversion, within the digits."""

from __future__ import annotations

import re
from functools import lru_cache

from chemtune.checks.grounding import normalize
from chemtune.checks.quantities import same_unit, split_conditions
from chemtune.checks.quantity import Quantity, quantities_in
from chemtune.checks.units import converted

# "1.8 ± 0.1 meq/g" and "(98 ± 3) mS/cm": the value is what stands before the sign.
UNCERTAINTY = re.compile(r"\s*(?:±|\+/-)\s*[\d.,]+")
BRACKETED = re.compile(r"^\(\s*([\d.,]+)\s*\)(?=\s*\S)")
ROUNDING = 1 + 1e-9


def agree(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities are equal after unit conversion, within the digits given.

    They differ by no more than half a unit of the last digit of the one that is less precise: 0.12
    and 0.123 agree, 98 mS/cm and 0.1 S/cm as well, 0.12 and 0.126 do not. A number with a unit and
    one without do not, nor do units of different dimensions.
    """
    if bool(one.unit) != bool(other.unit):
        return False
    value = converted(other.value, other.unit, one.unit)
    step = converted(other.step, other.unit, one.unit)
    zero = converted(0.0, other.unit, one.unit)
    if value is None or step is None or zero is None:
        return False
    tolerance = 0.5 * max(one.step, abs(step - zero)) * ROUNDING
    return abs(value - one.value) <= tolerance


def values_agree(one: str, other: str) -> bool:
    """Whether two values agree: all their numbers do, or the texts are equal if they have none.

    An uncertainty ("± 0.1") is not compared; of a range both ends are. Conditions are no part of
    what is compared here: see `conditions_agree`.
    """
    first, second = numbers_of(one), numbers_of(other)
    if not first and not second:
        return _folded(one) == _folded(other)
    return len(first) == len(second) and all(map(agree, first, second))


def units_agree(one: str, other: str) -> bool:
    """Whether two values are in the same unit, or agree in another one."""
    first, second = ({q.unit for q in numbers_of(value)} for value in (one, other))
    same = len(first) == len(second) == 1 and _same_scale(*first, *second)
    return same or first == second or values_agree(one, other)


def conditions_agree(one: str, other: str) -> bool:
    """Whether two values stand at the same conditions ("at 80 °C"), in any order; or at none."""
    first, second = split_conditions(one)[1], split_conditions(other)[1]
    left = list(second)
    for condition in first:
        same = next((there for there in left if values_agree(condition, there)), None)
        if same is None:
            return False
        left.remove(same)
    return not left


def has_conditions(value: str) -> bool:
    """Whether a value is said to stand at a condition."""
    return bool(split_conditions(value)[1])


@lru_cache(maxsize=4096)
def numbers_of(value: str) -> tuple[Quantity, ...]:
    """Return the numbers of a value without its conditions and uncertainty."""
    plain = BRACKETED.sub(r"\1", UNCERTAINTY.sub("", split_conditions(value)[0]).strip())
    return tuple(quantities_in(plain))


def _same_scale(one: str, other: str) -> bool:
    if bool(one) != bool(other):
        return False
    return same_unit(one, other) or converted(1.0, one, other) == 1.0


def _folded(text: str) -> str:
    return normalize(text)[0].casefold()
