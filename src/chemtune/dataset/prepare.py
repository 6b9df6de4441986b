"""From documents as they were read to documents as they are used: whole, once each, on one side."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from chemtune.dataset.ledger import Entry, Ledger
from chemtune.dataset.seen import Seen
from chemtune.documents.document import Document

SENTENCE_END = re.compile(r"[.!?。](?=\s)|\n")


def prepare(
    documents: Iterable[Document],
    *,
    part: int,
    max_characters: int,
    chunk: Callable[[Document], Iterable[Document]] | None = None,
    languages: Collection[str],
    validation: float,
    test: float,
    seen: Seen,
    ledger: Ledger,
) -> Iterator[Document]:
    """Yield the documents that can be used, each cut or chunked, and with its split.

    Args:
        documents: The documents as read.
        part: The number of the recipe's source that they come from.
        max_characters: Longer texts are cut at the end of a sentence.
        chunk: Cuts a document into documents that are used instead of it, all on its side of the
            split; then nothing is cut off.
        languages: The languages that are used; others go to the ledger.
        validation: The share of documents for validation, where the file names no split.
        test: The share of documents held out for test, likewise.
        seen: The documents met so far; filled here. One that comes again under its own name, from
            another source of the recipe, is used there too.
        ledger: Takes what is left out or cut.
    """
    for document in documents:
        if not document.text.strip():
            reject(ledger, document, "empty document", "the text is empty or only white space")
            continue
        if document.language not in languages:
            detail = f"the text is in {document.language!r}; used are {', '.join(languages)}"
            reject(ledger, document, "another language", detail)
            continue
        whole = _once(document, part, seen, ledger)
        if whole is None:
            continue
        split = whole.split or split_of(whole.id, validation=validation, test=test)
        if chunk is None:
            yield replace(_cut(whole, max_characters, ledger), split=split)
            continue
        for piece in chunk(replace(whole, split=split)):
            once = piece if piece.id == whole.id else _once(piece, part, seen, ledger)
            if once is not None:
                yield once


def leave_out(
    documents: Iterable[Document], why: Callable[[Document], tuple[str, str] | None], ledger: Ledger
) -> Iterator[Document]:
    """Yield the documents but for those that `why` gives a reason and a detail for."""
    for document in documents:
        because = why(document)
        if because is None:
            yield document
        else:
            reject(ledger, document, *because)


def _once(document: Document, part: int, seen: Seen, ledger: Ledger) -> Document | None:
    """The document under the name that it goes by, or None where it was met already."""
    first = seen.name_of(document.id)
    if first is None and seen.has_name(document.name):
        # Two files may both count their rows from 1; a name stands for one document.
        document = replace(document, name=f"{document.name}#{document.id[:6]}")
    first = first or document.name
    other = first.partition("#")[0] != document.name.partition("#")[0]
    if part in seen.sources_of(document.id) or other:
        reject(ledger, document, "duplicate document", f"the same title and text as {first}")
        return None
    seen.add(document.id, first, part)
    return replace(document, name=first)


def _cut(document: Document, max_characters: int, ledger: Ledger) -> Document:
    text = cut_text(document.text, max_characters)
    if len(text) < len(document.text):
        kept = f"{len(text)} of {len(document.text)} characters kept"
        detail = f"{kept}; max_characters is {max_characters}"
        ledger.add(Entry("document", "cut", document.name, "", "longer than allowed", detail))
    return replace(document, text=text)


def cut_text(text: str, max_characters: int) -> str:
    """Return the beginning of `text`, up to the last end of a sentence within `max_characters`.

    Where the first sentence alone is longer, it is cut at a space, or in the end anywhere.
    """
    if len(text) <= max_characters:
        return text
    head = text[:max_characters]
    ends = [match.end() for match in SENTENCE_END.finditer(text, 0, max_characters + 1)]
    at = ends[-1] if ends and head[: ends[-1]].strip() else max(head.rfind(" "), 0)
    return head[:at].rstrip() or head


def split_of(document_id: str, *, validation: float, test: float) -> str:
    """Return the split of a document, by a hash of its id: the same in every run."""
    share = int(hashlib.sha256(f"split {document_id}".encode()).hexdigest()[:8], 16) / 2**32
    if share < test:
        return "test"
    return "validation" if share < test + validation else "train"


def reject(ledger: Ledger, document: Document, reason: str, detail: str) -> None:
    """Write down that a document is left out."""
    ledger.add(Entry("document", "rejected", document.name, "", reason, detail))
