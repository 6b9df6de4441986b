"""Numbers through a summary or a translation: the same ones, with the same units."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chemtune.checks.finding import Finding
from chemtune.checks.quantity import Quantity, equal, quantities_in

# How Korean writes units and large numbers that quantities are not written with in papers.
SPELLINGS = (
    (re.compile(r"퍼센트|프로(?=[\s가-힣.,]|$)"), "%"),
    (re.compile(r"중량\s?%"), "wt%"),
    (re.compile(r"부피\s?%"), "vol%"),
    (re.compile(r"몰\s?%"), "mol%"),
    (re.compile(r"섭씨\s?(-?\d[\d.]*)\s?도"), r"\1 °C"),
)
THOUSANDS = {"천": 10**3, "만": 10**4, "백만": 10**6, "천만": 10**7, "억": 10**8}
# "2만 시간", "15만회", "2만 5500 시간", "2만 5천 회"; 만 of "3만을" is another word.
COUNTER = r"(?:회|번|시간|개|배|명|원|사이클)"
LARGE = re.compile(
    rf"(?<![\d,.])(\d[\d,.]*+)\s?({'|'.join(sorted(THOUSANDS, key=len, reverse=True))})"
    rf"(?:\s?(\d[\d,]*)\s?(천)?(?=\s?{COUNTER})|(?={COUNTER})|(?![가-힣]))"
)
SPELLED = {
    1: r"one|once|first|single|a|an",
    2: r"two|twice|second|both|double|pair|di\w+",
    3: r"three|third|triple|tri\w+",
    4: r"four|fourth|tetra\w+",
    5: r"five|fifth|penta\w+",
    6: r"six|sixth|hexa\w+",
    7: r"seven|seventh",
    8: r"eight|eighth",
    9: r"nine|ninth",
    10: r"ten|tenth",
}


def check_numbers(field: str, source: str, text: str, *, all_kept: bool = False) -> list[Finding]:
    """Warn of quantities in `text` that `source` does not have.

    A number with a unit has to stand in the source with an equal one, whatever the language; a bare
    number, or one with a Korean counter, with any unit or spelled out.

    Args:
        field: The answer's field.
        source: The document.
        text: What the answer says of it.
        all_kept: Warn as well of each quantity of the source that the text has less often, as of a
            whole translation.
    """
    there, said = quantities_of(source), quantities_of(text)
    findings = [
        Finding("numbers", "warning", field, _written(quantity), why)
        for quantity in said
        if (why := _strange(quantity, there, source))
    ]
    if all_kept:
        findings += [
            Finding(
                "numbers", "warning", field, _written(quantity), "is missing in the translation"
            )
            for quantity in _missing(there, said)
        ]
    return findings


def quantities_of(text: str) -> list[Quantity]:
    """Return the quantities of a text, also those that Korean spells out (섭씨 80도, 2만 시간).

    Their offsets are of no use: they are in the text as it was spelled again.
    """
    return quantities_in(_plain(text))


def _strange(quantity: Quantity, there: Sequence[Quantity], source: str) -> str:
    """Why a quantity cannot come from the source; "" where it can."""
    if any(equal(quantity, other) for other in there):
        return ""
    same = [other for other in there if other.value == quantity.value]
    bare = not quantity.unit or quantity.shared
    if bare or not all(other.unit and not other.shared for other in same):
        if same or _spelled(quantity.value, source):
            return ""
    elif same:
        return f"stands in the document with another unit: {_written(same[0])!r}"
    return "this number does not stand in the document"


def _missing(there: Sequence[Quantity], said: Sequence[Quantity]) -> list[Quantity]:
    """The quantities of the source that the text has less often, each once."""
    missing: list[Quantity] = []
    for quantity in there:
        # A number within a name, or one that the text may well spell out, is not told.
        told = bool(quantity.unit) or not 0 <= quantity.value <= 10
        known = any(_alike(quantity, other) for other in missing)
        if told and not known and _count(quantity, said) < _count(quantity, there):
            missing.append(quantity)
    return missing


def _count(quantity: Quantity, among: Sequence[Quantity]) -> int:
    return sum(_alike(quantity, other) for other in among)


def _alike(one: Quantity, other: Quantity) -> bool:
    bare = one.value == other.value and not (one.unit and other.unit)
    return bare or equal(one, other)


def _spelled(value: float, source: str) -> bool:
    words = SPELLED.get(int(value)) if value == int(value) else None
    return words is not None and re.search(rf"\b(?:{words})\b", source, re.IGNORECASE) is not None


def _plain(text: str) -> str:
    for pattern, written in SPELLINGS:
        text = pattern.sub(written, text)
    return LARGE.sub(lambda m: f"{_large(m):.12g}", text)


def _large(match: re.Match[str]) -> float:
    rest = _number(match[3] or "0") * (THOUSANDS["천"] if match[4] else 1)
    return _number(match[1]) * THOUSANDS[match[2]] + rest


def _number(digits: str) -> float:
    try:
        return float(digits.replace(",", "").rstrip("."))
    except ValueError:
        return 0.0


def _written(quantity: Quantity) -> str:
    return f"{quantity.value:g} {quantity.unit}".strip()
