"""Decisions as a review leaves them, written by SQL alone."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item TEXT NOT NULL, document_id TEXT NOT NULL, document TEXT NOT NULL, task TEXT NOT NULL,
  reviewer TEXT NOT NULL,
  decision TEXT NOT NULL
    CHECK (decision IN ('accepted','rejected','corrected','skipped','withdrawn')),
  answer TEXT NOT NULL, judged_sha256 TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sample_items (
  sample TEXT NOT NULL, place INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (sample, place)
);
"""


def decide(
    path: Path,
    document: tuple[str, str],
    task: str,
    decision: str,
    looked_at: str,
    *,
    answer: str = "",
    reviewer: str = "Kim",
    note: str = "",
    at: str = "2026-03-01T10:00:00+00:00",
) -> None:
    """Add a decision to the file `path`; `document` is its id and name."""
    judged = hashlib.sha256(looked_at.encode()).hexdigest()
    row = (f"{document[0]}-{task}", *document, task, reviewer, decision, answer, judged, note, at)
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(TABLES)
        db.execute(
            "INSERT INTO decisions (item, document_id, document, task, reviewer, decision, answer, "
            "judged_sha256, note, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )


def draw(path: Path, sample: str, items: list[str]) -> None:
    """Add a sample of items."""
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(TABLES)
        rows = [(sample, place, item) for place, item in enumerate(items)]
        db.executemany("INSERT INTO sample_items VALUES (?, ?, ?)", rows)
