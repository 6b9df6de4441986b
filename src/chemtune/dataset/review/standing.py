"""What counts of the decisions, beside the index: kept up while reviewers decide."""

from __future__ import annotations

import sqlite3

from chemtune.dataset.review.disputed import disputed
from chemtune.dataset.review.item import sha256_of
from chemtune.dataset.review.store import Decision

_CREATE = """
CREATE TEMP TABLE standing (
  reviewer TEXT, place INTEGER, decision TEXT, PRIMARY KEY (reviewer, place)
) WITHOUT ROWID;
CREATE INDEX temp.standing_by_place ON standing(place);
CREATE TEMP TABLE disputes (place INTEGER PRIMARY KEY)
"""
_TOUCHED = (
    "SELECT DISTINCT i.place, i.id FROM decided.decisions d JOIN items i ON i.id = d.item "
    "WHERE d.id > ? AND d.id <= ?"
)
_TAKE = (
    "INSERT OR REPLACE INTO standing SELECT d.reviewer, i.place, d.decision "
    "FROM decided.decisions d JOIN items i ON i.id = d.item WHERE d.id > ? AND d.id <= ? "
    "ORDER BY d.id"
)
_SHARED = "SELECT 1 FROM standing WHERE place = ? LIMIT 1 OFFSET 1"


class Standing:
    """Two temporary tables in a connection to the index, which has the decisions as `decided`.

    `standing` holds each reviewer's decision by item, those that are withdrawn left out;
    `disputes` the items that reviewers disagree on.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._last = 0
        for statement in _CREATE.split(";"):
            db.execute(statement)

    def update(self) -> None:
        """Take in what was decided since, by this process or another."""
        db = self._db
        newest = db.execute("SELECT coalesce(max(id), 0) FROM decided.decisions").fetchone()[0]
        if newest == self._last:
            return
        new = (self._last, newest)
        db.execute("BEGIN")
        try:
            db.execute(_TAKE, new)
            db.execute("DELETE FROM standing WHERE decision = 'withdrawn'")
            for place, item in db.execute(_TOUCHED, new).fetchall():
                self._settle(item, place)
        finally:
            # What is taken in twice stays the same.
            db.execute("COMMIT")
        self._last = newest

    def _settle(self, item: str, place: int) -> None:
        """Note whether reviewers disagree on an item."""
        db = self._db
        db.execute("DELETE FROM disputes WHERE place = ?", (place,))
        if not db.execute(_SHARED, (place,)).fetchone():
            return
        history = db.execute("SELECT * FROM decided.decisions WHERE item = ? ORDER BY id", (item,))
        said = [Decision(*row) for row in history.fetchall()]
        written = {sha256_of(one.answer) for one in said if one.decision == "corrected"}
        if disputed({one.reviewer: one for one in said}.values(), written):
            db.execute("INSERT INTO disputes VALUES (?)", (place,))
