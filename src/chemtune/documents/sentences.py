"""Where the sentences of an English or Korean text begin and end."""

from __future__ import annotations

import re

# Not inside of "2.4" or "e.g."; a new line ends a sentence too.
END = re.compile(r"(?<=[.!?;。])[ \t]+(?=[A-Z가-힣(\[\"'\d])|\n+")
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|vs|ca|cf|approx|Figs?|Eqs?|Refs?|Nos?|Tabs?|Dr|Prof|St|Vol|pp|wt|vol)"
    r"|(?<!\d )(?<![°º])\b[A-Z])\.$"
)


def sentences(text: str) -> list[tuple[int, str]]:
    """Return the sentences of a text with their offsets; white space between them is in none."""
    found: list[tuple[int, str]] = []
    start = 0
    for end in END.finditer(text):
        piece = text[start : end.start()]
        if "\n" not in end[0] and ABBREVIATION.search(piece[-12:]):
            continue
        if piece.strip():
            found.append((start, piece))
        start = end.end()
    return [*found, (start, text[start:])] if text[start:].strip() else found
