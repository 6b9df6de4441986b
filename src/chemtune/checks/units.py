"""Units as chemists write them, read so that two spellings of one unit are one."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    import pint

SPELLINGS = Path(__file__).parent / "units.yaml"
# Units that others are written together with where a text has lost its spaces.
JOINED = ("cm", "mol", "kg", "mg", "m", "g", "h", "s", "L")
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－⁻₋"), "-")
DOTS = dict.fromkeys(map(ord, "·⋅∙•․‧*×"), " ")
DEGREES = re.compile(r"[º˚∘◦°]\s*(?=[CF]?(?![^\W\d_]))")
# "wt. %", "mol %", "wt-%"
PART = re.compile(r"\b(wt|vol|mol|at|w)[.-]?\s*%")
# A factor of a unit: letters or a sign, and perhaps an exponent.
FACTOR = re.compile(r"(?P<name>[^\W\d_]+\.?%?|%|°[CF]?|Ω)\s*\^?\s*(?:(?P<power>-?[1-9])(?!\d))?")


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    spellings: dict[str, str] = yaml.safe_load(SPELLINGS.read_text(encoding="utf-8"))["spellings"]
    return spellings


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> pint.Unit | None:
    """Return the unit that a text names, or None where it names none.

    "mS cm−1", "mS·cm⁻¹", "mS cm^-1" and "mS/cm" are one unit. A slash divides by the factor after
    it alone, or by all in the brackets after it. The empty text is the unit of pure numbers.
    """
    plain = DEGREES.sub("°", text)
    plain = unicodedata.normalize("NFKC", plain.translate(DASHES)).translate(DASHES)
    plain = PART.sub(r"\1%", re.sub(r"[{}]", "", plain))
    plain = plain.translate(DOTS).replace("μ", "µ").strip()
    product = _product(plain)
    if product is None:
        return None
    try:
        return _registry().Unit(product or "dimensionless")
    except Exception:  # pint raises errors of many kinds on names that it does not know
        return None


def same_dimension(one: str, other: str) -> bool:
    """Whether two texts name units of one dimension: "S/m" and "mS/cm", "%" and "g/g"."""
    first, second = parse_unit(one), parse_unit(other)
    if first is None or second is None:
        return False
    return bool(first.dimensionality == second.dimensionality)


def converted(value: float, unit: str, to: str) -> float | None:
    """Return `value` in the unit `to`, or None where it cannot be converted."""
    first, second = parse_unit(unit), parse_unit(to)
    if first is None or second is None or first.dimensionality != second.dimensionality:
        return None
    return float(_registry().Quantity(value, first).to(second).magnitude)


def in_base_units(value: float, unit: str) -> tuple[float, str] | None:
    """Return a value in the base units of its dimension, and these; None for an unknown unit."""
    known = parse_unit(unit)
    if known is None:
        return None
    base = _registry().Quantity(value, known).to_base_units()
    return float(base.magnitude), f"{base.units:~}"


def _product(text: str) -> str | None:
    """The unit as pint reads it: factors with powers, joined by "*"."""
    factors: list[str] = []
    at, divide, depth_divide = 0, False, False
    while at < len(text):
        character = text[at]
        if character in " .":
            at += 1
        elif character == "/":
            divide, at = True, at + 1
        elif character in "([":
            depth_divide, divide, at = divide, False, at + 1
        elif character in ")]":
            depth_divide, at = False, at + 1
        else:
            match = FACTOR.match(text, at)
            if match is None:
                return None
            sign = -1 if divide or depth_divide else 1
            power = int(match["power"] or 1)
            head, last = _parted(match["name"].rstrip("."), bool(match["power"]))
            factors += [f"({head})**({sign})"] if head else []
            factors.append(f"({last})**({sign * power})")
            divide, at = False, match.end()
    return "*".join(factors)


def _parted(name: str, has_power: bool) -> tuple[str, str]:
    """The name that pint knows; and before it one that is written together with it: "Acm−2"."""
    spelled = _spellings().get(name)
    if spelled or not has_power or _is_unit(name):
        return "", spelled or name
    for last in JOINED:
        head = name.removesuffix(last)
        if head and head != name and (head in _spellings() or _is_unit(head)):
            return _spellings().get(head, head), _spellings().get(last, last)
    return "", name


def _is_unit(name: str) -> bool:
    try:
        _registry().Unit(name)
    except Exception:  # as above
        return False
    return True
