"""Marks: a document's text with the spans that support an answer, as markup.

The text is escaped; the only tags are the marks, whose attributes are numbers and escaped names.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from chemtune.checks.finding import Finding

# The more of these one place is, the more it matters.
ORDER = ("grounded", "warning", "error")


def marked_up(text: str, findings: Sequence[Finding]) -> str:
    """Return a text as HTML, with a `mark` around every part that a finding is about.

    Where spans overlap, the parts that they share belong to all of them: each `mark` names the
    findings' numbers in `data-findings`, the fields in `title`, and the worst severity as class.
    """
    spans = [
        (max(0, f.start), min(len(text), f.end), number)
        for number, f in enumerate(findings)
        if f.start is not None and f.end is not None and f.start < f.end and f.start < len(text)
    ]
    edges = sorted({0, len(text), *(s for s, _, _ in spans), *(e for _, e, _ in spans)})
    parts = []
    for start, end in pairwise(edges):
        here = [number for first, last, number in spans if first <= start and end <= last]
        piece = escape(text[start:end])
        parts.append(_mark(piece, [(n, findings[n]) for n in here]) if here else piece)
    return "".join(parts)


def _mark(piece: str, here: list[tuple[int, Finding]]) -> str:
    numbers = " ".join(str(number) for number, _ in here)
    fields = escape(", ".join(dict.fromkeys(f.field for _, f in here)))
    worst = max((f.severity for _, f in here), key=ORDER.index)
    return f'<mark class="{worst}" data-findings="{numbers}" title="{fields}">{piece}</mark>'
