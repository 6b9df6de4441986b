"""Grounding: where in its document an extracted name or value stands.

A text and a name are compared after NFKC (so that "cm⁻²" is "cm−2" and "IrO₂" is "IrO2"), with all
dashes, primes and middle dots alike, and without white space, invisible characters, "®" and "^"; a
map leads back to the offsets of the text as it was read. A word that was parted at the end of a
line is found with its hyphen and without.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from chemtune.checks.finding import Finding, Severity
from chemtune.documents.language import HANGUL

DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－⁃˗"), "-")
ALIKE = DASHES | dict.fromkeys(map(ord, "′’‘´`ʹʼ‵"), "'") | dict.fromkeys(map(ord, "⋅∙•․‧・"), "·")
# The increment sign of many keyboards for the Greek letter.
ALIKE[ord("∆")] = "Δ"
DIGITS = "0123456789₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹.,"
# Marks of trade, "^" before what stands high, soft hyphens, and what joins, parts or turns letters.
IGNORED = frozenset("®™©℠^\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f")
# Those of them that cannot be seen: a word goes on behind one.
INVISIBLE = IGNORED - frozenset("®™©℠^")
# A hyphen at the end of a line within a word: "electro-\nlysis".
PARTED = re.compile(r"(?<=[^\W\d_])[-‐\u00ad][ \t]*\r?\n[ \t]*(?=[a-z])")
# In Korean compounds the first part ends so: 산화철, 염화나트륨, 황산구리 name no element.
FIRST_PARTS = "화산"
# A name of one syllable, such as 철, is a word where one of these follows, or nothing.
PARTICLES = "은는이가을를의에와과도만로으및보처부까입인다라나"
# Up to this length capitals tell names apart: Co and CO, Pb and PB.
CASE_MATTERS_UP_TO = 3


def normalize(text: str) -> tuple[str, list[int]]:
    """Return `text` as it is compared, and for each of its characters the offset in `text`."""
    plain, offsets, _ = _normalized(text)
    return plain, offsets


def _normalized(text: str) -> tuple[str, list[int], list[int]]:
    """The text as it is compared, and for each of its characters where it begins and ends."""
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    offset = 0
    while offset < len(text):
        character = text[offset]
        end = offset + 1
        if character > "\u02ff":
            # What composes with the characters after it, such as decomposed Hangul, is one.
            while end < len(text) and text[end] > "\u02ff" and _composes(character, text[end]):
                character = unicodedata.normalize("NFC", character + text[end])
                end += 1
        elif end < len(text) and "\u0300" <= text[end] <= "\u036f":
            character = unicodedata.normalize("NFC", character + text[end])
            end += 1
        if not (character.isspace() or character in IGNORED):
            for part in unicodedata.normalize("NFKC", character).translate(ALIKE):
                if not part.isspace():
                    characters.append(part)
                    starts.append(offset)
                    ends.append(end)
        offset = end
    return "".join(characters), starts, ends


def _composes(character: str, following: str) -> bool:
    return len(unicodedata.normalize("NFC", character + following)) == 1


@dataclass(frozen=True)
class GroundText:
    """A text prepared for finding many names in it."""

    text: str
    plain: str
    folded: str
    offsets: list[int]
    ends: list[int]

    @classmethod
    def of(cls, text: str) -> GroundText:
        """Prepare `text`."""
        plain, offsets, ends = _normalized(text)
        # Lower case by character: str.lower can lengthen a string, and the offsets must stay.
        folded = "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)
        return cls(text, plain, folded, offsets, ends)

    def find(self, name: str) -> tuple[int, int] | None:
        """Return the span of the first place where `name` stands as a whole, or None.

        A name is whole where it does not begin or end inside a longer word or number: "Pt" is not
        found in "PtCo", "5 nm" not in "15 nm" or "2.5 nm". Korean particles may follow it.
        """
        return next(self.places(name), None)

    def places(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield the span of every place where `name` stands as a whole; see `find`."""
        found = False
        for span in self._places(name):
            found = True
            yield span
        if not found and self._unparted is not None:
            joined, offsets = self._unparted
            for start, end in joined._places(name):
                yield offsets[start], offsets[end - 1] + 1

    @cached_property
    def _unparted(self) -> tuple[GroundText, list[int]] | None:
        """The text without hyphens at the ends of lines, and where its characters stood."""
        hyphens = [match.span() for match in PARTED.finditer(self.text)]
        if not hyphens:
            return None
        kept: list[int] = []
        at = 0
        for start, end in hyphens:
            kept += range(at, start)
            at = end
        kept += range(at, len(self.text))
        return GroundText.of("".join(self.text[offset] for offset in kept)), kept

    def _places(self, name: str) -> Iterator[tuple[int, int]]:
        wanted, _ = normalize(name)
        if not wanted:
            return
        within = self.plain
        if len(wanted) > CASE_MATTERS_UP_TO:
            within = self.folded
            wanted = "".join(c.lower() if len(c.lower()) == 1 else c for c in wanted)
        at = within.find(wanted)
        while at >= 0:
            past = at + len(wanted)
            start, end = self.offsets[at], self.ends[past - 1]
            whole = not self._splits_character(at, past) and self._is_whole(start, end)
            if whole and not self._within_korean(at, past):
                yield start, end
            at = within.find(wanted, at + 1)

    def how(self, name: str, span: tuple[int, int]) -> str:
        """Say how the text writes a name at a span: "exact", or "normalized"."""
        return "exact" if self.text[span[0] : span[1]] == name.strip() else "normalized"

    def _splits_character(self, start: int, end: int) -> bool:
        """Whether a part of `plain` begins or ends inside what was one character: "C" in "℃"."""
        edges = [edge for edge in (start, end) if 0 < edge < len(self.offsets)]
        return any(self.offsets[edge - 1] == self.offsets[edge] for edge in edges)

    def _is_whole(self, start: int, end: int) -> bool:
        before, after = self._before(start), self._after(end)
        first, last = self.text[start], self.text[end - 1]
        if before and self._joined(before[-1], first, start):
            return False
        if after and self._joined(last, after[0], end):
            return False
        if first.isdigit() and len(before) == 2 and before[1] in ".," and before[0].isdigit():
            return False
        return not (last.isdigit() and len(after) == 2 and after[0] in ".," and after[1].isdigit())

    def _before(self, edge: int) -> str:
        """The two characters before an offset that can be seen."""
        seen = [c for c in self.text[max(0, edge - 8) : edge] if c not in INVISIBLE]
        return "".join(seen[-2:])

    def _after(self, edge: int) -> str:
        seen = [c for c in self.text[edge : edge + 8] if c not in INVISIBLE]
        return "".join(seen[:2])

    def _within_korean(self, at: int, past: int) -> bool:
        """Whether a part of `plain` is a part of a Korean compound, or a syllable of a word."""
        if not HANGUL.match(self.plain[at]):
            return False
        beside = at > 0 and self.ends[at - 1] == self.offsets[at]
        before = self.plain[at - 1] if beside and HANGUL.match(self.plain[at - 1]) else ""
        if past - at > 1:
            return before != "" and before in FIRST_PARTS
        beside = past < len(self.plain) and self.offsets[past] == self.ends[past - 1]
        follows = self.plain[past] if beside and HANGUL.match(self.plain[past]) else ""
        return before != "" or (follows != "" and follows not in PARTICLES)

    def _joined(self, left: str, right: str, edge: int) -> bool:
        """Whether the characters on both sides of `edge` belong to one word or number."""
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
        return Finding("grounding", "grounded", field, value, "", *span, text.how(value, span))
    severity: Severity = "error" if required else "warning"
    return Finding("grounding", severity, field, value, "does not stand in the document")
