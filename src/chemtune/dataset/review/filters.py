"""Filters: which items are looked at, and how that is said in SQL."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from chemtune.checks.grounding import ALIKE, IGNORED

# What FTS5's trigrams need; shorter words are looked for text by text, see `ShortWords`.
SHORTEST_INDEXED = 3
_TABLE: dict[int, str | None] = {**ALIKE, **dict.fromkeys(map(ord, IGNORED))}
_HAS_TRIGRAMS = (
    "(i.doc IN (SELECT rowid FROM document_words WHERE text MATCH ?)"
    " OR i.place IN (SELECT rowid FROM answer_words WHERE text MATCH ?))"
)
_HAS_LETTERS = "i.place IN (SELECT place FROM short_words WHERE word = ?)"


@dataclass(frozen=True)
class Filters:
    """Which items are looked at; "" is any.

    Attributes:
        task: A task's name.
        finding: A check that objects, or the ledger's reason; "any"; "none".
        teacher: Who wrote the answer.
        split: "train", "validation" or "test".
        language: The language of the answer.
        status: "accepted" or "rejected" by the checks.
        decision: Of the reviewer who looks: "undecided", "accepted", "rejected", "corrected" or
            "skipped"; or "disputed", where reviewers disagree.
        search: Words, or parts of words, that all stand in the document's name or text or in the
            answer; capitals, dashes, and how digits are set make no difference.
        sample: A sample's name; its order is then the items' order.
    """

    task: str = ""
    finding: str = ""
    teacher: str = ""
    split: str = ""
    language: str = ""
    status: str = ""
    decision: str = ""
    search: str = ""
    sample: str = ""


@dataclass(frozen=True)
class Chosen:
    """Filters in SQL.

    Attributes:
        source: What stands after FROM: items `i`, and `m`, what the reviewer says of them.
        where: What stands after WHERE.
        order: The expression that orders the items.
        parameters: Of `source` and `where`, in this order. Nothing else comes from the user.
        short_words: What `ShortWords` has to look for first.
    """

    source: str
    where: str
    order: str
    parameters: tuple[str, ...]
    short_words: tuple[str, ...] = ()


def chosen(filters: Filters, reviewer: str) -> Chosen:
    """Return filters, as `reviewer` looks, in the SQL of the review's index."""
    source, order, parameters = "items i", "i.place", [reviewer]
    terms: list[tuple[str, list[str]]] = []
    if filters.sample:
        source = "decided.sample_items s CROSS JOIN items i ON i.id = s.item"
        order = "s.place"
        terms.append(("s.sample = ?", [filters.sample]))
    source += " LEFT JOIN standing m ON m.reviewer = ? AND m.place = i.place"
    for column in ("task", "teacher", "split", "language", "status"):
        value = getattr(filters, column)
        if value:
            terms.append((f"i.{column} = ?", [value]))
    terms += [_finding(filters.finding), _decision(filters.decision)]
    words = searchable(filters.search).split()
    terms += map(_word, words)
    where = " AND ".join(term for term, _ in terms if term) or "1"
    parameters += [value for _, values in terms for value in values]
    short = tuple(word for word in words if len(word) < SHORTEST_INDEXED)
    return Chosen(source, where, order, tuple(parameters), short)


def searchable(text: str) -> str:
    """Return a text as it is searched: NFKC, lower case, dashes and quotes alike."""
    plain = unicodedata.normalize("NFKC", text).translate(_TABLE).replace("\0", " ").casefold()
    # Half a character, as a browser may send it, cannot be looked for.
    return plain.encode(errors="replace").decode()


def _finding(name: str) -> tuple[str, list[str]]:
    if name in ("", "any", "none"):
        return {"": "", "any": "i.findings > 0", "none": "i.findings = 0"}[name], []
    return "i.place IN (SELECT place FROM flags WHERE name = ?)", [name]


def _decision(name: str) -> tuple[str, list[str]]:
    if name == "disputed":
        return "i.place IN (SELECT place FROM disputes)", []
    if name == "undecided":
        return "m.decision IS NULL", []
    return ("m.decision = ?", [name]) if name else ("", [])


def _word(word: str) -> tuple[str, list[str]]:
    if len(word) < SHORTEST_INDEXED:
        return _HAS_LETTERS, [word]
    return _HAS_TRIGRAMS, 2 * ['"' + word.replace('"', '""') + '"']
