"""Grounding: where in its document an extracted name or value stands.

A text and a name are compared after NFKC (so that "cm⁻²" is "cm−2" and "IrO₂" is "IrO2"), with all
dashes alike and white space left out; a map leads back to the offsets of the text as it was read.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from chemtune.checks.finding import Finding, Severity
from chemtune.documents.language import HANGUL

DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
DIGITS = "0123456789₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹.,"
IGNORED = {"\u200b", "\ufeff", "\u00ad"}
# Up to this length capitals tell names apart: Co and CO, Pb and PB.
CASE_MATTERS_UP_TO = 3


def normalize(text: str) -> tuple[str, list[int]]:
    """Return `text` as it is compared, and for each of its characters the offset in `text`."""
    characters: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        if character.isspace() or character in IGNORED:
            continue
        for part in unicodedata.normalize("NFKC", character).translate(DASHES):
            if not part.isspace():
                characters.append(part)
                offsets.append(offset)
    return "".join(characters), offsets


@dataclass(frozen=True)
class GroundText:
    """A text prepared for finding many names in it."""

    text: str
    plain: str
    folded: str
    offsets: list[int]

    @classmethod
    def of(cls, text: str) -> GroundText:
        """Prepare `text`."""
        plain, offsets = normalize(text)
        # Lower case by character: str.lower can lengthen a string, and the offsets must stay.
        folded = "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)
        return cls(text, plain, folded, offsets)

    def find(self, name: str) -> tuple[int, int] | None:
        """Return the span of the first place where `name` stands as a whole, or None.

        A name is whole where it does not begin or end inside a longer word or number: "Pt" is not
        found in "PtCo", "5 nm" not in "15 nm" or "2.5 nm". Korean particles may follow it.
        """
        wanted, _ = normalize(name)
        if not wanted:
            return None
        within = self.plain
        if len(wanted) > CASE_MATTERS_UP_TO:
            within = self.folded
            wanted = "".join(c.lower() if len(c.lower()) == 1 else c for c in wanted)
        at = within.find(wanted)
        while at >= 0:
            start, end = self.offsets[at], self.offsets[at + len(wanted) - 1] + 1
            if not self._splits_character(at, at + len(wanted)) and self._is_whole(start, end):
                return start, end
            at = within.find(wanted, at + 1)
        return None

    def _splits_character(self, start: int, end: int) -> bool:
        """Whether a part of `plain` begins or ends inside what was one character: "C" in "℃"."""
        edges = [edge for edge in (start, end) if 0 < edge < len(self.offsets)]
        return any(self.offsets[edge - 1] == self.offsets[edge] for edge in edges)

    def _is_whole(self, start: int, end: int) -> bool:
        before, after = self.text[:start][-2:], self.text[end:][:2]
        first, last = self.text[start], self.text[end - 1]
        if before and self._joined(start):
            return False
        if after and self._joined(end):
            return False
        if first.isdigit() and len(before) == 2 and before[1] in ".," and before[0].isdigit():
            return False
        return not (last.isdigit() and len(after) == 2 and after[0] in ".," and after[1].isdigit())

    def _joined(self, edge: int) -> bool:
        """Whether the characters on both sides of `edge` belong to one word or number."""
        left, right = self.text[edge - 1], self.text[edge]
        if HANGUL.match(left) or HANGUL.match(right):
            return False
        if left.isdigit() and right.isalpha():
            # "42mS": a unit may follow its number without a space; in "H2O" the 2 is no number.
            word = self.text[:edge].rstrip(DIGITS)
            return word[-1:].isalpha() and not HANGUL.match(word[-1:])
        return left.isalnum() and right.isalnum()


def ground(text: GroundText, field: str, value: str, *, required: bool = True) -> Finding:
    """Say where `value` stands in `text`; an error (or a warning) where it does not."""
    span = text.find(value)
    if span:
        return Finding("grounding", "grounded", field, value, "", *span)
    severity: Severity = "error" if required else "warning"
    return Finding("grounding", severity, field, value, "does not stand in the document")
