"""Quantities in running text: numbers with their units, and when two of them are equal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from chemtune.checks.grounding import normalize
from chemtune.checks.units import (
    DASHES,
    converted,
    in_base_units,
    parse_unit,
    same_dimension,
)

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
SIGN = r"[-−–+]?"
DIGITS = r"\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
POWER = r"(?:\s*[x×·⋅]\s*10\s*\^?\s*(?P<power>[-−⁻]?[\d⁰¹²³⁴⁵⁶⁷⁸⁹]+)|[eE](?P<e>[-−+]?\d+))?"
NUMBER = re.compile(rf"(?P<sign>{SIGN})(?P<digits>{DIGITS}){POWER}")
# What follows a number and may be its unit: up to four factors, with their powers.
EXPONENT = r"(?:\^?[-−⁻–][1-4¹²³⁴]|\^?[2-4²³⁴])(?!\d|\.\d)"
NO_UNIT = r"(?!(?:at|in|on|of|and|to|for|by|as|was|is|the|a)\b)"
# Not the beginning of another word: 일 of 일산화탄소.
KOREAN = r"도|시간|(?:분|초|일)(?![가-힣])|(?:분|초|일)(?=간|동안|후|뒤|에|이|째|만|마다|을|의)"
NAME = rf"(?:{KOREAN}|{NO_UNIT}[^\W\d_가-힣]{{1,8}}(?:\.(?=\S))?%?|%|°\s?[CF]?|℃)"
FACTOR = rf"{NAME}(?:{EXPONENT})?"
# After a space alone only what has a power, and hours and metres: "5 mg Pt" is no mass times Pt.
SPACED = rf"\s(?:{NAME}{EXPONENT}|[hm](?![^\W\d_]))"
SHARES = re.compile(r"\s*(?:±|\+/-|–|-|−|~|to|and|or|및|,|,\s*and)\s*")
UNIT = re.compile(rf"\s{{0,2}}(?P<unit>{FACTOR}(?:(?:\s?[·⋅∙/]\s?\(?{FACTOR}|{SPACED})\)?){{0,3}})")


@dataclass(frozen=True)
class Quantity:
    """A number with its unit as it stands in a text.

    Attributes:
        value: The number.
        unit: Its unit as written, or "".
        step: One unit of its last digit: 0.1 of "2.4", 1 of "98".
        start: Offset of the number in the text.
        end: Offset past the unit, or past the number where there is no unit.
        shared: The unit stands at a later number, which this one seems to share it with.
    """

    value: float
    unit: str
    step: float
    start: int = 0
    end: int = 0
    shared: bool = False


def quantities_in(text: str) -> list[Quantity]:
    """Return the numbers of a text with their units, in order.

    The longest run of characters after a number that pint reads as a unit is its unit. Numbers that
    share one ("1.4, 1.9 and 2.4 meq/g", "1.8 ± 0.1 meq/g") all have it. Digits inside of words
    ("H2O", "QPPO-40") are no numbers.
    """
    found = list(_numbers(text))
    for i in range(len(found) - 2, -1, -1):
        one, following = found[i], found[i + 1]
        if not one.unit and following.unit and SHARES.fullmatch(text[one.end : following.start]):
            found[i] = replace(one, unit=following.unit, shared=True)
    return found


def _numbers(text: str) -> Iterator[Quantity]:
    for match in NUMBER.finditer(text):
        start = match.start("digits")
        before = text[start - 1 : start]
        if before.isalpha() or (before and before in "_.₀₁₂₃₄₅₆₇₈₉"):
            continue
        sign = match["sign"]
        joined = text[match.start() - 1 : match.start()]
        if sign and (joined.isalnum() or joined in (")", "]")):
            if joined.isalpha():
                continue  # a part of a name: QPPO-40
            sign = ""  # a range: 10-20
        begin = match.start() if sign else start
        end, unit = _unit_after(text, match.end())
        yield Quantity(_value(match, sign), unit, _step(match), begin, end)


def equal(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities are equal: the same number in one unit, or after conversion.

    A conversion that is not by a power of ten rounds; so half a unit of the last digit of the
    one with fewer digits is allowed then.
    """
    if one.unit == other.unit:
        return one.value == other.value
    in_one = converted(other.value, other.unit, one.unit)
    if in_one is None:
        return False
    step = converted(other.step, other.unit, one.unit)
    offset = converted(0.0, other.unit, one.unit)
    if step is None or offset is None:
        return False
    tolerance = 0.5 * max(one.step, abs(step - offset))
    exact = abs(in_one - one.value) <= 1e-9 * max(1.0, abs(one.value))
    ten = offset == 0 and _is_power_of_ten(step / other.step)
    return exact or (not ten and abs(in_one - one.value) <= tolerance)


def canonical(text: str) -> str:
    """Return one spelling for all texts of equal quantities: "2.4 meq/g", "2.4 mmol g⁻¹".

    Every number with a unit is written in base units with six digits, so that values that a
    conversion has rounded differ; the rest of the text is folded.
    """
    parts, at = [], 0
    for quantity in quantities_in(text):
        base = in_base_units(quantity.value, quantity.unit)
        if base is None:
            continue
        between = normalize(text[at : quantity.start])[0].casefold()
        parts += [between, f"<{base[0]:.6g} {base[1]}>"]
        at = max(at, quantity.end)
    return "".join([*parts, normalize(text[at:])[0].casefold()])


def comparable(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities have units of one dimension."""
    return same_dimension(one.unit, other.unit)


def _unit_after(text: str, at: int) -> tuple[int, str]:
    match = UNIT.match(text, at)
    if match is None:
        return at, ""
    unit = match["unit"]
    while unit:
        if parse_unit(unit) is not None and not (unit == "a" or text[at : at + 1] == "-"):
            return match.start("unit") + len(unit), unit.strip()
        # Take the last factor away: "mS/cm at" is tried before "mS/cm".
        shorter = re.sub(r"\s?[ ·⋅∙/]\s?\(?[^ ·⋅∙/]*$", "", unit)
        if shorter == unit:
            break
        unit = shorter
    return at, ""


def _value(match: re.Match[str], sign: str) -> float:
    number = float(match["digits"].replace(",", "").replace(" ", ""))
    number = -number if sign in ("-", "−", "–") and sign else number
    return number * 10.0 ** _power(match)


def _power(match: re.Match[str]) -> int:
    power = (match["power"] or match["e"] or "0").translate(SUPERSCRIPTS).translate(DASHES)
    return int(unicodedata.normalize("NFKC", power))


def _step(match: re.Match[str]) -> float:
    decimals = len(match["digits"].partition(".")[2])
    return 10.0 ** (_power(match) - decimals)


def _is_power_of_ten(ratio: float) -> bool:
    import math

    exponent = math.log10(ratio) if ratio > 0 else 0.5
    return abs(exponent - round(exponent)) < 1e-9
