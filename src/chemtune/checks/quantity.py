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
from chemtune.documents.language import HANGUL

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
MINUS = "-−–⁻‐‑‒"
SIGN = r"[-−–+]?"
HIGH = "⁰¹²³⁴⁵⁶⁷⁸⁹"
DIGITS = r"[1-9]\d{0,2}(?:[, \u00a0\u2009\u202f]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+"
# What stands behind "10": "^-3", "^{-3}", "−3", "⁻³"; and "3" of a text that lost its superscripts,
# but not "0", for "3 × 100 mL" are three portions.
CARET = rf"\s*\^\s*[({{]?[{MINUS}]?\d{{1,3}}[)}}]?|\s?[⁻⁺]?[{HIGH}]{{1,3}}"
TO_POWER = rf"{CARET}|\s*[{MINUS}]\s?\d{{1,3}}|[1-9]\d?(?!\d)"
CARETS = re.compile(CARET)
POWER = rf"(?:\s*[x×·⋅*]\s*10(?P<power>{TO_POWER})|[eE](?P<e>[-−+]?\d{{1,3}})(?!\d))?"
NUMBER = re.compile(rf"(?P<sign>{SIGN})(?P<digits>{DIGITS}){POWER}")
# "0,098" is no thousands; "1,5" is one number in a text that has no decimal points.
COMMA = re.compile(rf"(?P<sign>{SIGN})(?P<digits>0,\d+|\d+,\d{{1,2}}(?!\d|[,.]\d)){POWER}")
DECIMAL_POINT = re.compile(r"\d\.\d")
# A power alone: "10⁻³ S/cm". With a common dash it could be a range, but for its going down.
TEN = re.compile(rf"(?P<sign>)(?P<digits>)10(?P<power>{CARET}|[{MINUS}][1-9](?![\d.]))(?P<e>)")
LARGEST_POWER = 300
# What follows a number and may be its unit: up to four factors, with their powers.
EXPONENT = r"(?:\^\{[-−⁻–‐‑‒]?[1-4]\}|\^?[-−⁻–‐‑‒][1-4¹²³⁴]|\^?[2-4²³⁴])(?!\d|\.\d)"
NO_UNIT = r"(?!(?:at|in|on|of|and|to|for|by|as|was|is|the|a)\b)"
# Not the beginning of another word: 일 of 일산화탄소.
KOREAN = r"도|시간|(?:분|초|일)(?![가-힣])|(?:분|초|일)(?=간|동안|후|뒤|에|이|째|만|마다|을|의)"
# "wt. %", "meq. g−1" have a full stop and a space that end no sentence; ㎎ is one character.
PART = r"(?:wt|vol|mol|at|w)[.-]?\s?%"
EQUIVALENT = r"(?:meq|mequiv|equiv|eq)\.(?=\s?[^\W\d_])"
LETTERS = r"[^\W\d_가-힣]{1,8}(?:\.(?=[/%]))?%?"
SQUARE = r"[㎀-㏖㏘-㏟]"
NAME = rf"(?:{KOREAN}|{PART}|{EQUIVALENT}|{NO_UNIT}{LETTERS}|{SQUARE}|%|[°º˚∘◦]\s?[CF]?|℃)"
FACTOR = rf"{NAME}(?:{EXPONENT})?"
# After a space alone only what has a power, and hours and metres: "5 mg Pt" is no mass times Pt.
SPACED = rf"\s(?:{NAME}{EXPONENT}|[hm](?![^\W\d_]))"
BETWEEN = rf"(?:\s?[·⋅∙•‧/]\s?\(?{FACTOR}|\.{NAME}{EXPONENT}|{SPACED})"
SHARES = re.compile(r"\s*(?:±|\+/-|–|-|−|~|∼|to|and|or|및|,|,\s*and)\s*")
UNIT = re.compile(rf"\s{{0,2}}(?P<unit>{FACTOR}(?:{BETWEEN}\)?){{0,3}})")
# "(98 ± 3) mS/cm"; a number alone in brackets is mostly the number of something.
BRACKET = re.compile(rf"\(\s*[~≈]?{SIGN}[\d.,]+\s*(?:±|\+/-|–|-|−|to)\s*$")


@dataclass(frozen=True)
class Quantity:
    """A number with its unit as it stands in a text.

    Attributes:
        value: The number.
        unit: Its unit as written, or "".
        step: One unit of its last digit: 0.1 of "2.4", 1 of "98".
        start: Offset of the number in the text.
        end: Offset past the unit, or past the number where there is no unit.
        number_end: Offset past the number.
        shared: The unit stands at a later number, which this one seems to share it with.
    """

    value: float
    unit: str
    step: float
    start: int = 0
    end: int = 0
    number_end: int = 0
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
    for match in _matches(text):
        start = match.start("digits")
        before = text[start - 1 : start]
        if _is_letter(before) or (before and before in "_.₀₁₂₃₄₅₆₇₈₉"):
            continue
        sign = match["sign"]
        joined = text[match.start() - 1 : match.start()]
        if sign and (joined.isalnum() or joined in (")", "]")):
            if _is_letter(joined):
                continue  # a part of a name: QPPO-40
            sign = ""  # a range: 10-20
        begin = match.start() if sign else start
        end, unit = _unit_after(text, match.end())
        if not unit and text[end : end + 1] == ")" and BRACKET.search(text[:start][-40:]):
            behind, unit = _unit_after(text, end + 1)
            end = behind if unit else end
        yield Quantity(_value(match, sign), unit, _step(match), begin, end, match.end())


def _matches(text: str) -> Iterator[re.Match[str]]:
    """The numbers as they are best read: with a decimal comma, as a power of ten, or plainly."""
    points = DECIMAL_POINT.search(text) is not None
    at = 0
    while (match := NUMBER.search(text, at)) is not None:
        comma = COMMA.match(text, match.start())
        ten = TEN.match(text, match.start("digits"))
        if comma and (comma["digits"].startswith("0,") or not points):
            match = comma if comma["power"] or _leads_to_unit(text, comma.end(), COMMA) else match
        elif ten and (CARETS.match(ten["power"]) or _leads_to_unit(text, ten.end(), TEN)):
            match = ten
        yield match
        at = match.end()


def _leads_to_unit(text: str, at: int, like: re.Pattern[str]) -> bool:
    """Whether a unit follows, perhaps after another number of the kind: "1,5 ± 0,2 mS/cm"."""
    shares = SHARES.match(text, at)
    other = like.match(text, shares.end()) if shares else None
    return bool(_unit_after(text, at)[1] or (other and _unit_after(text, other.end())[1]))


def _is_letter(character: str) -> bool:
    """Whether it is one that makes a digit beside it a part of a name; Hangul is none."""
    return character.isalpha() and not HANGUL.match(character)


def leading_numbers(text: str, at: int) -> list[tuple[int, int]]:
    """Return the spans of the numbers that stand at an offset and share one unit, signs left out.

    "1.4, 1.9 and 2.4 meq/g" has three, "1.2e-3 S/cm" one.
    """
    spans: list[tuple[int, int]] = []
    for match in _matches(text):
        between = text[spans[-1][1] if spans else at : match.start()]
        if match.end() <= at:
            continue
        if match["sign"] and spans and not between.strip():
            between += match["sign"]  # a range: 20-30
        if not (SHARES.fullmatch(between) if spans else not between.strip()):
            break
        spans.append((match.start() + len(match["sign"]), match.end()))
    return spans


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
    minus = "-" if sign in ("-", "−", "–") and sign else ""
    return float(f"{minus}{_digits(match)}e{_power(match)}")


def _digits(match: re.Match[str]) -> str:
    """The digits with a decimal point, and without marks of thousands."""
    digits = re.sub(r"\s", "", match["digits"] or "1")
    return digits.replace(",", "." if match.re is COMMA else "")


def _power(match: re.Match[str]) -> int:
    power = (match["power"] or match["e"] or "0").translate(SUPERSCRIPTS).translate(DASHES)
    number = int(re.sub(r"[^-\d]", "", unicodedata.normalize("NFKC", power)))
    return max(-LARGEST_POWER, min(number, LARGEST_POWER))


def _step(match: re.Match[str]) -> float:
    decimals = len(_digits(match).partition(".")[2])
    return float(10.0 ** max(_power(match) - decimals, -LARGEST_POWER))


def _is_power_of_ten(ratio: float) -> bool:
    import math

    exponent = math.log10(ratio) if ratio > 0 else 0.5
    return abs(exponent - round(exponent)) < 1e-9
