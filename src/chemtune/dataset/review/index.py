"""The index of all items: a cache beside the data set, to count, list and search them quickly."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import orjson

from chemtune.databases import connected, explained, read_only
from chemtune.dataset.review.filters import searchable
from chemtune.dataset.review.gathered import (
    PLACES,
    Gathered,
    documents_of,
    examples_of,
    rejected_of,
)
from chemtune.dataset.review.sources import Sources
from chemtune.files import written_whole
from chemtune.recipe.schema import Recipe
from chemtune.tasks.task import Task

INDEX = "review-index.sqlite"
# Of how the tables are filled; a file of another version, or with other tables, is made anew.
FILLED = 1
AT_ONCE = 500
# How much of a search index is gathered in memory before it is written.
HASH_BYTES = 2**26
MAPPED_BYTES = 2**32
# Two pages of one server may find the same data set changed.
_BUILDING = threading.Lock()

_T = TypeVar("_T")
_CREATE = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE documents (doc INTEGER PRIMARY KEY, row BLOB NOT NULL);
CREATE TABLE items (
  place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, doc INTEGER NOT NULL,
  document_id TEXT NOT NULL, document TEXT NOT NULL, task TEXT NOT NULL, split TEXT NOT NULL,
  language TEXT NOT NULL, teacher TEXT NOT NULL, status TEXT NOT NULL, findings INTEGER NOT NULL,
  severity TEXT NOT NULL, agreement REAL
);
CREATE TABLE answers (
  place INTEGER PRIMARY KEY, answer TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
  findings BLOB NOT NULL
);
CREATE TABLE flags (name TEXT, place INTEGER, PRIMARY KEY (name, place)) WITHOUT ROWID;
CREATE TABLE facets (filter TEXT NOT NULL, value TEXT NOT NULL, count INTEGER NOT NULL);
CREATE TABLE document_texts (doc INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE answer_texts (place INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE VIRTUAL TABLE document_words USING fts5(
  text, content = 'document_texts', content_rowid = 'doc', tokenize = 'trigram'
);
CREATE VIRTUAL TABLE answer_words USING fts5(
  text, content = 'answer_texts', content_rowid = 'place', tokenize = 'trigram'
)
"""
_FACETS = """
INSERT INTO facets SELECT 'task', task, count(*) FROM items GROUP BY task ORDER BY task;
INSERT INTO facets SELECT 'teacher', teacher, count(*) FROM items GROUP BY teacher ORDER BY teacher;
INSERT INTO facets SELECT 'split', split, count(*) FROM items GROUP BY split ORDER BY split;
INSERT INTO facets SELECT 'language', language, count(*) FROM items GROUP BY language
  ORDER BY language;
INSERT INTO facets SELECT 'status', status, count(*) FROM items GROUP BY status ORDER BY status;
INSERT INTO facets SELECT 'finding', 'any', count(*) FROM items WHERE findings > 0;
INSERT INTO facets SELECT 'finding', 'none', count(*) FROM items WHERE findings = 0;
INSERT INTO facets SELECT 'finding', name, count(*) FROM flags GROUP BY name ORDER BY name
"""


def open_index(sources: Sources, recipe: Recipe, tasks: Mapping[str, Task]) -> sqlite3.Connection:
    """Return a connection that reads the index of a data set, made anew where that has changed.

    Args:
        sources: The data set.
        recipe: The run's recipe.
        tasks: The recipe's tasks by name.

    Raises:
        ChemtuneError: The file cannot be read or written.
    """
    path = sources.folder.path / INDEX
    made = hashlib.sha256(f"{FILLED}{_CREATE}".encode()).hexdigest()
    fingerprint = f"{made} {sources.fingerprint()}"
    with _BUILDING, explained(path, cache=True):
        if _fingerprint(path) != fingerprint:
            with written_whole(path) as temporary:
                _build(temporary, sources, recipe, tasks, fingerprint)
        db = connected(read_only(path), uri=True)
        # Looking for short words reads all texts: without a copy of each page.
        db.execute(f"PRAGMA mmap_size = {MAPPED_BYTES}")
        return db


def _fingerprint(path: Path) -> str:
    """Which data set an index is of; "" where there is none, or it is damaged."""
    if not path.is_file():
        return ""
    db = connected(read_only(path), uri=True)
    try:
        row = db.execute("SELECT value FROM about WHERE key = 'fingerprint'").fetchone()
    except sqlite3.DatabaseError:
        return ""
    finally:
        db.close()
    return str(row[0]) if row else ""


def _build(
    path: Path, sources: Sources, recipe: Recipe, tasks: Mapping[str, Task], fingerprint: str
) -> None:
    # Left behind by a process that was killed, and had the same number.
    path.unlink(missing_ok=True)
    db = connected(path)
    try:
        # A file that is not finished is thrown away: nothing in it needs to be safe.
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -65536")
        # A text in one page, and the words of many texts sorted at once.
        db.execute("PRAGMA page_size = 16384")
        for statement in _CREATE.split(";"):
            db.execute(statement)
        for words in ("document_words", "answer_words"):
            db.execute(f"INSERT INTO {words}({words}, rank) VALUES ('hashsize', {HASH_BYTES})")
            db.execute(f"INSERT INTO {words}({words}, rank) VALUES ('automerge', 0)")
        db.execute("BEGIN")
        _put_documents(db, documents_of(sources, db))
        _put_items(db, examples_of(sources, db), "accepted")
        _put_items(db, rejected_of(sources, db, recipe, tasks), "rejected")
        for statement in _FACETS.split(";"):
            db.execute(statement)
        # Last, so that a file that has it is whole.
        db.execute("INSERT INTO about VALUES ('fingerprint', ?)", (fingerprint,))
        db.execute("COMMIT")
    finally:
        db.close()


def _put_documents(db: sqlite3.Connection, rows: Iterator[tuple[int, dict[str, Any]]]) -> None:
    for some in _portions(rows):
        kept = [(number, orjson.dumps(row)) for number, row in some]
        db.executemany("INSERT INTO documents VALUES (?, ?)", kept)
        words = [
            (number, searchable("\n".join((row["name"], row["title"], row["text"]))))
            for number, row in some
        ]
        db.executemany("INSERT INTO document_texts VALUES (?, ?)", words)
        db.executemany("INSERT INTO document_words(rowid, text) VALUES (?, ?)", words)


def _put_items(db: sqlite3.Connection, items: Iterable[Gathered], status: str) -> None:
    for some in _portions(items):
        rows = [_item_row(one, status) for one in some]
        db.executemany(f"INSERT INTO items VALUES ({', '.join('?' * 13)})", rows)
        answers = [
            (one.place, one.answer, one.reason, one.detail, orjson.dumps(one.findings))
            for one in some
        ]
        db.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", answers)
        words = [(one.place, searchable(one.answer)) for one in some]
        db.executemany("INSERT INTO answer_texts VALUES (?, ?)", words)
        db.executemany("INSERT INTO answer_words(rowid, text) VALUES (?, ?)", words)
        flags = {(name, one.place) for one in some for name, _ in _objections(one)}
        db.executemany("INSERT INTO flags VALUES (?, ?)", sorted(flags))


def _item_row(one: Gathered, status: str) -> tuple[Any, ...]:
    objections = _objections(one)
    severities = {severity for _, severity in objections}
    worst = next((s for s in ("error", "warning") if s in severities), "")
    return (
        one.place,
        f"{one.document_id}-{one.task}",
        one.place // PLACES,
        one.document_id,
        one.document,
        one.task,
        one.split,
        one.language,
        one.teacher,
        status,
        len(objections),
        worst,
        one.agreement,
    )


def _objections(one: Gathered) -> list[tuple[str, str]]:
    """Check and severity of what speaks against an answer; of a rejected one, the reason."""
    if one.reason:
        return [(one.reason, "error")]
    return [(f["check"], f["severity"]) for f in one.findings if f["severity"] != "grounded"]


def _portions(things: Iterable[_T]) -> Iterator[list[_T]]:
    iterator = iter(things)
    while some := list(islice(iterator, AT_ONCE)):
        yield some
