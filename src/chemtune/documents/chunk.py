"""Long documents as several, cut at sections, paragraphs and sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from chemtune.documents.document import Document
from chemtune.documents.readers.record import Layout
from chemtune.documents.sentences import sentences
from chemtune.documents.tokens import estimate_tokens

# A section begins a chunk only where the one before holds a good part of the budget already.
ENOUGH = 0.5


def chunk(
    document: Document,
    *,
    tokens: int,
    overlap: int = 0,
    count: Callable[[str], int] = estimate_tokens,
) -> Iterator[Document]:
    """Yield a document in chunks of whole sentences; one that fits is yielded as it is.

    Every chunk is a Document whose `text` stands in the document's at `offset`, and whose pages and
    sections are those of its part. A sentence longer than the budget is cut at spaces.

    Args:
        document: The document.
        tokens: The most tokens of a chunk's text.
        overlap: Tokens of whole sentences that a chunk repeats from the end of the last one.
        count: Counts the tokens of a text.
    """
    if count(document.text) <= tokens:
        yield document
        return
    pieces = list(_pieces(document.text, tokens, count))
    starts = {offset for offset, _ in document.layout.sections}
    first, number = 0, 0
    while first < len(pieces):
        last, used = first, 0
        while last < len(pieces):
            begin, _, size = pieces[last]
            section = begin in starts and used >= ENOUGH * tokens
            if last > first and (used + size > tokens or section):
                break
            used += size
            last += 1
        number += 1
        yield _part(document, pieces[first][0], pieces[last - 1][1], number)
        following = last
        repeated = 0
        while overlap and last < len(pieces) and following - 1 > first:
            repeated += pieces[following - 1][2]
            if repeated > overlap:
                break
            following -= 1
        first = following


def _pieces(text: str, tokens: int, count: Callable[[str], int]) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, tokens) of each sentence, or of parts of one that is too long."""
    for start, sentence in sentences(text):
        sentence = sentence.rstrip()
        size = count(sentence)
        if size <= tokens:
            yield start, start + len(sentence), size
            continue
        at = 0
        # Characters that surely fit: shortened until they do.
        while at < len(sentence):
            length = max(1, len(sentence) * tokens // max(size, 1))
            part = _whole_words(sentence, at, min(at + length, len(sentence)))
            while count(part) > tokens and len(part) > 1:
                part = _whole_words(sentence, at, at + max(1, len(part) * 3 // 4))
            if part.strip():
                yield start + at, start + at + len(part.rstrip()), count(part)
            at += len(part)


def _whole_words(text: str, start: int, end: int) -> str:
    """The text up to the last space before `end`, where there is one in the second half."""
    if end < len(text):
        space = text.rfind(" ", start + (end - start) // 2, end)
        end = space + 1 if space > start else end
    return text[start:end]


def _part(document: Document, start: int, end: int, number: int) -> Document:
    # White space before a piece is in no chunk, so that a chunk begins with its first word.
    text = document.text
    while start < end and text[start].isspace():
        start += 1
    pages, sections = document.layout.pages, document.layout.sections
    page = document.layout.page(start)
    # Earlier pages begin, and end, before the chunk: they keep their numbers with offset 0.
    part_pages = tuple(max(0, offset - start) for offset in pages if offset < end) if page else ()
    part_sections = tuple((at - start, name) for at, name in sections if start <= at < end)
    if not (part_sections and part_sections[0][0] == 0) and document.layout.section(start):
        part_sections = ((0, document.layout.section(start)), *part_sections)
    return replace(
        document,
        name=f"{document.name}#{number}",
        text=text[start:end],
        layout=Layout(part_pages, part_sections),
        parent=document.id,
        offset=start,
    )
