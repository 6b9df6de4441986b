"""From documents as they were read to documents as they are used: whole, once each, on one side."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from chemtune.checks.grounding import normalize
from chemtune.dataset.ledger import Entry, Ledger
from chemtune.documents.document import Document

SENTENCE_END = re.compile(r"[.!?。](?=\s)|\n")


def prepare(
    documents: Iterable[Document],
    *,
    max_characters: int,
    validation: float,
    test: float,
    seen: dict[str, str],
    ledger: Ledger,
) -> Iterator[Document]:
    """Yield the documents that can be used, each cut to length and with its split.

    Args:
        documents: The documents as read.
        max_characters: Longer texts are cut at the end of a sentence.
        validation: The share of documents for validation, where the file names no split.
        test: The share of documents held out for test, likewise.
        seen: The documents met so far, their names by id; filled here. One that comes again under
            its own name, from another source of the recipe, is used there too.
        ledger: Takes what is left out or cut.
    """
    here: set[str] = set()
    names = set(seen.values())
    for document in documents:
        if not document.text.strip():
            _reject(ledger, document, "empty document", "the text is empty or only white space")
            continue
        if document.id not in seen and document.name in names:
            # Two files may both count their rows from 1; a name stands for one document.
            document = replace(document, name=f"{document.name}#{document.id[:6]}")
        first = seen.setdefault(document.id, document.name)
        names.add(first)
        if document.id in here or first.partition("#")[0] != document.name.partition("#")[0]:
            _reject(ledger, document, "duplicate document", f"the same title and text as {first}")
            continue
        here.add(document.id)
        document = replace(document, name=first)
        cut = cut_text(document.text, max_characters)
        split = document.split or split_of(document.id, validation=validation, test=test)
        if len(cut) < len(document.text):
            kept = f"{len(cut)} of {len(document.text)} characters kept"
            detail = f"{kept}; max_characters is {max_characters}"
            ledger.add(Entry("document", "cut", document.name, "", "longer than allowed", detail))
        yield replace(document, text=cut, split=split)


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


def question_key(text: str) -> str:
    """Return a question as it is compared with others: NFKC, lower case, no spaces, punctuation."""
    return re.sub(r"\W+", "", normalize(text)[0].casefold())


def leave_out_contaminated(
    documents: Iterable[Document], evaluated: set[str], ledger: Ledger
) -> Iterator[Document]:
    """Yield the documents, those left out that would train on a question of the evaluation.

    Args:
        documents: Documents with their splits.
        evaluated: The `question_key` of every question that the run evaluates on.
        ledger: Takes what is left out.
    """
    for document in documents:
        if document.split != "test" and question_key(document.text) in evaluated:
            _reject(ledger, document, "contamination", "the same question is in the evaluation")
        else:
            yield document


def _reject(ledger: Ledger, document: Document, reason: str, detail: str) -> None:
    ledger.add(Entry("document", "rejected", document.name, "", reason, detail))
