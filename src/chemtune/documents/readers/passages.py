"""Passages: the paragraphs of a document that is read from pages or marked-up text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chemtune.documents.readers.record import Layout, Record

SPACES = re.compile(r"\s+")
# "10<sup>3</sup>" is not 103.
RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
BEFORE_TITLE = 3
ONLY_RAISED = re.compile(r"[0-9+\-−–]+")


@dataclass(frozen=True)
class Passage:
    """A paragraph, heading or row of a table.

    Attributes:
        text: Its text; white space in it means nothing.
        heading: Whether it begins a section.
        page: The page, from 1, that it begins on; None where there are no pages.
    """

    text: str
    heading: bool = False
    page: int | None = None


def record_of(passages: Iterable[Passage], fields: dict[str, Any]) -> Record:
    """Return one record of passages, joined by blank lines, with its layout.

    The title that `fields` has is left out where it stands at the beginning too, in one passage or
    a line each: a document's title is shown before its text, and would be shown twice.
    """
    passages = _without_title(list(passages), str(fields.get("title") or ""))
    parts: list[str] = []
    pages: list[int] = []
    sections: list[tuple[int, str]] = []
    offset = 0
    for passage in passages:
        text = _plain(passage.text)
        if not text:
            continue
        while passage.page is not None and len(pages) < passage.page:
            pages.append(offset)
        if passage.heading:
            sections.append((offset, text))
        parts.append(text)
        offset += len(text) + 2
    layout = Layout(tuple(pages), tuple(sections))
    return Record(1, {**fields, "text": "\n\n".join(parts)}, layout=layout)


def _plain(text: str) -> str:
    return SPACES.sub(" ", text.replace("\0", " ")).strip()


def _without_title(passages: list[Passage], title: str) -> list[Passage]:
    wanted = _plain(title).casefold()
    # A journal's name or a date may stand before it.
    for start in range(min(len(passages), BEFORE_TITLE + 1) if wanted else 0):
        found = ""
        for end in range(start, len(passages)):
            found = _plain(f"{found} {passages[end].text}").casefold()
            if found == wanted:
                rest = passages[:start] + passages[end + 1 :]
                return rest if any(_plain(one.text) for one in rest) else passages
            if not wanted.startswith(found):
                break
    return passages


def raised(text: str) -> str:
    """Return a raised number or sign in superscript characters; other raised text as it is."""
    return text.translate(RAISED) if ONLY_RAISED.fullmatch(text.strip()) else text
