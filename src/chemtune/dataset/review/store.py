"""The decisions of people about a run's answers, on disk before anybody is told that they count."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from chemtune.databases import connected, explained, transaction, when_free
from chemtune.dataset.review.item import Item, sha256_of
from chemtune.errors import InputError, Problem

SCHEMA_VERSION = 1
DECISIONS = ("accepted", "rejected", "corrected", "skipped")
WITHDRAWN = "withdrawn"

_CREATE = """
CREATE TABLE IF NOT EXISTS decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item TEXT NOT NULL, document_id TEXT NOT NULL, document TEXT NOT NULL, task TEXT NOT NULL,
  reviewer TEXT NOT NULL,
  decision TEXT NOT NULL
    CHECK (decision IN ('accepted','rejected','corrected','skipped','withdrawn')),
  answer TEXT NOT NULL,
  judged_sha256 TEXT NOT NULL,
  note TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS samples (
  name TEXT PRIMARY KEY, method TEXT NOT NULL, size INTEGER NOT NULL, seed INTEGER NOT NULL,
  filters TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS sample_items (
  sample TEXT NOT NULL, place INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (sample, place)
);
CREATE INDEX IF NOT EXISTS decisions_of_item ON decisions (item, reviewer);
CREATE INDEX IF NOT EXISTS decisions_of_reviewer ON decisions (reviewer);
CREATE INDEX IF NOT EXISTS samples_of_item ON sample_items (sample, item)
"""
_INSERT = (
    "INSERT INTO decisions (item, document_id, document, task, reviewer, decision, answer, "
    "judged_sha256, note, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_NEWEST = "SELECT * FROM decisions WHERE item = ? AND reviewer = ? ORDER BY id DESC LIMIT 1"
_LATEST = (
    "SELECT * FROM decisions WHERE id IN "
    "(SELECT max(id) FROM decisions WHERE item = ? GROUP BY reviewer) "
    "AND decision <> 'withdrawn' ORDER BY reviewer"
)
_STANDING = (
    "SELECT * FROM decisions WHERE id IN "
    "(SELECT max(id) FROM decisions WHERE reviewer = ? GROUP BY item) "
    "AND decision <> 'withdrawn' ORDER BY id"
)


@dataclass(frozen=True)
class Decision:
    """What one person said of one answer; a row of the store.

    Attributes:
        id: Its number; later ones are greater.
        item: The item's id.
        document_id: The document's id.
        document: The document's name.
        task: The task's name.
        reviewer: Who decided.
        decision: "accepted", "rejected", "corrected", "skipped", or "withdrawn": as if undecided.
        answer: The corrected answer as the task renders it; "" unless corrected.
        judged_sha256: The SHA-256 of the answer that was looked at.
        note: What else the reviewer said.
        at: When, ISO 8601 in UTC.
    """

    id: int
    item: str
    document_id: str
    document: str
    task: str
    reviewer: str
    decision: str
    answer: str
    judged_sha256: str
    note: str
    at: str


@dataclass(frozen=True)
class Sample:
    """A choice of items under a name.

    Attributes:
        name: The name.
        method: How they were chosen.
        size: How many were asked for.
        seed: Of the draw.
        filters: What they were chosen from, as JSON.
        at: When, ISO 8601 in UTC.
    """

    name: str
    method: str
    size: int
    seed: int
    filters: str
    at: str = ""


class Overtaken(Exception):
    """A reviewer's decision on an item is not the one that was seen, as where two tabs are open.

    Attributes:
        latest: The newest row of this reviewer on this item; it may be "withdrawn".
    """

    def __init__(self, latest: Decision) -> None:
        self.latest = latest
        super().__init__(f"{latest.reviewer} decided on {latest.item} meanwhile: {latest.decision}")


class ReviewStore:
    """Decisions and samples, in one SQLite file. Rows are only added.

    Several processes and threads may use the file, and several threads one store.

    Args:
        path: The file; made where it is missing, in a folder that is there.

    Raises:
        InputError: The file is another program's, or of a newer chemtune.
        ChemtuneError: The file cannot be opened, or the disk failed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writes, self._reading = threading.Lock(), threading.Lock()
        with explained(path):
            self._db = connected(path)
            try:
                when_free(self._prepare)
                # Of its own, for a connection that commits lets nobody read until the disk is done.
                self._reads = connected(path)
            except BaseException:
                self._db.close()
                raise

    def decide(
        self,
        item: Item,
        reviewer: str,
        decision: str,
        *,
        answer: str = "",
        note: str = "",
        seen: int = 0,
    ) -> Decision:
        """Keep what a reviewer says of an item; it is on disk when this returns.

        Args:
            item: The item, with the answer that was looked at.
            reviewer: Who decides.
            decision: "accepted", "rejected", "corrected" or "skipped".
            answer: The corrected answer as the task renders it, where corrected.
            note: What else there is to say.
            seen: The id of this reviewer's decision on this item that was seen, 0 for none.

        Raises:
            Overtaken: Another decision of this reviewer stands on this item than the one seen.
            InputError: The reviewer has no name.
            ValueError: The decision is none of the four, or does not go with the answer.
            ChemtuneError: The decision could not be written.
        """
        if decision not in DECISIONS:
            raise ValueError(f"no decision: {decision!r}; known: {', '.join(DECISIONS)}")
        if (decision == "corrected") != bool(answer):
            raise ValueError("a correction needs its answer, and nothing else has one")
        reviewer = _name(reviewer)
        if not reviewer:
            raise InputError(Problem("a decision needs the reviewer's name", field="reviewer"))
        made = Decision(
            id=0,
            item=item.id,
            document_id=item.document_id,
            document=item.document,
            task=item.task,
            reviewer=reviewer,
            decision=decision,
            answer=storable(answer),
            judged_sha256=item.judged_sha256,
            note=storable(note),
            at=_now(),
        )
        with explained(self.path), self._writes, transaction(self._db):
            newest = _first(self._db.execute(_NEWEST, (item.id, reviewer)))
            if newest is not None and seen != newest.id and (newest.decision != WITHDRAWN or seen):
                raise Overtaken(newest)
            return self._add(made)

    def undo(self, reviewer: str) -> Decision | None:
        """Withdraw the newest decision of a reviewer that is not withdrawn yet; return it.

        What the reviewer had said of the item before counts again. Undoing again goes further
        back. None where nothing is left.
        """
        with explained(self.path), self._writes, transaction(self._db):
            rows = self._db.execute(
                "SELECT id, item, decision FROM decisions WHERE reviewer = ? ORDER BY id",
                (_name(reviewer),),
            )
            live = _live(rows)
            if not live:
                return None
            stack = max(live.values(), key=lambda ids: ids[-1])
            undone = self._of_id(stack[-1])
            self._add(replace(undone, decision=WITHDRAWN, answer="", note="", at=_now()))
            if len(stack) > 1:
                self._add(replace(self._of_id(stack[-2]), at=_now()))
        return undone

    def latest(self, item_id: str) -> dict[str, Decision]:
        """Return what counts of an item, by reviewer."""
        return {d.reviewer: d for d in self._read(_LATEST, item_id)}

    def standing(self, reviewer: str) -> dict[str, Decision]:
        """Return what counts of a reviewer, by item, in the order of deciding."""
        return {d.item: d for d in self._read(_STANDING, reviewer)}

    def history(self, item_id: str) -> list[Decision]:
        """Return every row of an item, the oldest first."""
        return self._read("SELECT * FROM decisions WHERE item = ? ORDER BY id", item_id)

    def reviewers(self) -> list[str]:
        """Return the names of all who ever decided, in alphabetical order."""
        with explained(self.path), self._reading:
            rows = self._reads.execute("SELECT DISTINCT reviewer FROM decisions ORDER BY reviewer")
            return [str(name) for (name,) in rows]

    def count(self) -> int:
        """Return how many rows there are: what was decided, and what was undone."""
        with explained(self.path), self._reading:
            return int(self._reads.execute("SELECT count(*) FROM decisions").fetchone()[0])

    def corrections(self) -> dict[str, set[str]]:
        """Return the SHA-256 of every correction ever made, by item."""
        query = "SELECT item, answer FROM decisions WHERE decision = 'corrected'"
        found: dict[str, set[str]] = {}
        with explained(self.path), self._reading:
            for item, answer in self._reads.execute(query):
                found.setdefault(item, set()).add(sha256_of(answer))
        return found

    def samples(self) -> list[Sample]:
        """Return the samples, the oldest first."""
        with explained(self.path), self._reading:
            rows = self._reads.execute("SELECT * FROM samples ORDER BY at, rowid").fetchall()
        return [Sample(*row) for row in rows]

    def sample_items(self, name: str) -> list[str]:
        """Return the ids of a sample's items in its order; none where there is no such sample."""
        with explained(self.path), self._reading:
            rows = self._reads.execute(
                "SELECT item FROM sample_items WHERE sample = ? ORDER BY place", (name,)
            )
            return [str(item) for (item,) in rows]

    def keep_sample(self, sample: Sample, items: Sequence[str]) -> bool:
        """Keep a sample with its items, in their order; False where its name is taken."""
        row = astuple(replace(sample, at=_now()))
        with explained(self.path), self._writes, transaction(self._db):
            taken = "SELECT 1 FROM samples WHERE name = ?"
            if self._db.execute(taken, (sample.name,)).fetchone():
                return False
            self._db.execute("INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?)", row)
            places = [(sample.name, place, item) for place, item in enumerate(items)]
            self._db.executemany("INSERT INTO sample_items VALUES (?, ?, ?)", places)
        return True

    def close(self) -> None:
        """Close the file; the store cannot be used after this."""
        with explained(self.path), self._writes, self._reading:
            self._reads.close()
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        db = self._db
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if tables and "decisions" not in tables:
            remedy = "move it away; a file of decisions is begun in its place"
            raise InputError(Problem("holds no decisions", self.path, remedy=remedy))
        if version > SCHEMA_VERSION:
            fault = f"has schema version {version}; this chemtune reads up to {SCHEMA_VERSION}"
            raise InputError(Problem(fault, self.path, remedy="upgrade chemtune"))
        db.execute("PRAGMA journal_mode = WAL")
        # Under NORMAL a power cut may undo the last commits of a WAL.
        db.execute("PRAGMA synchronous = FULL")
        if version < SCHEMA_VERSION:
            with transaction(db):
                # Another process may have been making the same file.
                if int(db.execute("PRAGMA user_version").fetchone()[0]) == 0:
                    for statement in _CREATE.split(";"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _add(self, made: Decision) -> Decision:
        number = self._db.execute(_INSERT, astuple(made)[1:]).lastrowid
        assert number is not None
        return replace(made, id=number)

    def _of_id(self, number: int) -> Decision:
        row = self._db.execute("SELECT * FROM decisions WHERE id = ?", (number,)).fetchone()
        return Decision(*row)

    def _read(self, query: str, value: str) -> list[Decision]:
        with explained(self.path), self._reading:
            rows = self._reads.execute(query, (value,)).fetchall()
        return [Decision(*row) for row in rows]


def storable(text: str) -> str:
    """Return a text that can be written as UTF-8: a browser may send half of a character."""
    return text.encode(errors="replace").decode()


def _live(rows: Iterable[tuple[int, str, str]]) -> dict[str, list[int]]:
    """By item, the ids of what was said and not withdrawn, the newest last.

    A withdrawal is followed at once by a copy of what counts again, where there is such: the copy
    stands for the row that it repeats.
    """
    live: dict[str, list[int]] = {}
    before: tuple[int, str, list[int]] = (0, "", [])
    for number, item, decision in rows:
        withdrawn_at, of_item, below = before
        if decision == WITHDRAWN:
            before = (number, item, live.pop(item, [])[:-1])
        elif below and (number, item) == (withdrawn_at + 1, of_item):
            live[item] = below
        else:
            live.setdefault(item, []).append(number)
    return live


def _name(reviewer: str) -> str:
    return storable(reviewer).strip()


def _first(rows: sqlite3.Cursor) -> Decision | None:
    row = rows.fetchone()
    return None if row is None else Decision(*row)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
