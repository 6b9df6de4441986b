"""The journal: every raw reply of a teacher, on disk before anything depends on it."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import orjson

from chemtune.databases import connected, explained, transaction, when_free
from chemtune.errors import ChemtuneError
from chemtune.teachers.teacher import RequestRefused

SCHEMA_VERSION = 2
_HELD = "another process holds the journal; wait for it or end it, then run again"
_NOT_WRITTEN = "the journal cannot be written here; check that it is a file and your rights to it"
REMEDIES = {
    "SQLITE_BUSY": _HELD,
    "SQLITE_LOCKED": _HELD,
    "SQLITE_FULL": "the disk is full; make room and run again, what the journal holds is kept",
    "SQLITE_NOTADB": "this file is not a readable journal; move it away, and a new one is begun",
    "SQLITE_CORRUPT": "the journal is damaged; move it away, and a new one is begun. Keep it, for "
    "SQLite's own tools may save most of its replies (https://sqlite.org/recovery.html)",
    "SQLITE_CANTOPEN": _NOT_WRITTEN,
    "SQLITE_READONLY": _NOT_WRITTEN,
    "SQLITE_PERM": _NOT_WRITTEN,
    "": "the journal's disk failed; check its space and health, then run again",
}

_CREATE = """CREATE TABLE IF NOT EXISTS replies(
    key TEXT PRIMARY KEY,
    teacher TEXT NOT NULL,
    request BLOB NOT NULL,
    reply BLOB NOT NULL,
    created TEXT NOT NULL
)"""
_CREATE_SPENDING = "CREATE TABLE IF NOT EXISTS spending(run TEXT PRIMARY KEY, usd REAL NOT NULL)"
_SPENT = "SELECT coalesce(sum(usd), 0) FROM spending WHERE run IS NOT ?"
_NOTE = "INSERT INTO spending VALUES (?, ?) ON CONFLICT(run) DO UPDATE SET usd = excluded.usd"
# The first reply stays: an example may have been made from it already.
_INSERT = "INSERT INTO replies VALUES (?, ?, ?, ?, ?) ON CONFLICT(key) DO NOTHING"
_SELECT = "SELECT reply FROM replies WHERE key = ?"


def key_of(canonical: Mapping[str, Any]) -> str:
    """Return the SHA-256, in hexadecimal, of a canonical request; the order of fields is nothing.

    Raises:
        RequestRefused: The request cannot be written as JSON, for example a broken character.
    """
    return hashlib.sha256(_canonical_json(canonical)).hexdigest()


def _canonical_json(canonical: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(dict(canonical), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise RequestRefused(f"the request cannot be written as JSON: {error}") from error


@dataclass(frozen=True)
class Entry:
    """One reply to keep: its key, the teacher's name, the canonical request, the raw reply.

    `created` is the time of writing, ISO 8601 in UTC; "" is now.
    """

    key: str
    teacher: str
    canonical: Mapping[str, Any]
    raw: bytes
    created: str = ""


class Journal:
    """Raw replies by the key of their request, in one SQLite file.

    Several processes may share the file. Within a process one thread reads and one writes.

    Args:
        path: The file; it and its folder are made when missing.

    Raises:
        ChemtuneError: The file is no journal, is locked, was written by a newer chemtune, or
            the disk failed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writes = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ChemtuneError(
                f"{path.parent}: cannot make the journal's folder: {error}"
            ) from error
        with self._explained():
            self._db = connected(path)
        try:
            with self._explained():
                when_free(self._prepare)
                # Of its own, for a connection that commits lets nobody read until the disk is done.
                self._reads = connected(path)
        except BaseException:
            self._db.close()
            raise

    def get(self, key: str) -> bytes | None:
        """Return the raw reply to a request, or None when it has none yet."""
        with self._explained():
            row = self._reads.execute(_SELECT, (key,)).fetchone()
        return None if row is None else self._unpacked(key, row[0])

    def put(self, key: str, *, teacher: str, canonical: Mapping[str, Any], raw: bytes) -> bytes:
        """Keep a raw reply and return the one that is kept: an earlier reply to the key stays.

        Raises:
            ChemtuneError: The reply could not be written.
        """
        return self.put_all([Entry(key, teacher, canonical, raw)])[0]

    def put_all(self, entries: Sequence[Entry]) -> list[bytes]:
        """Keep several raw replies in one transaction; see `put`."""
        created = datetime.now(UTC).isoformat(timespec="milliseconds")
        rows = [
            (
                entry.key,
                entry.teacher,
                packed(_canonical_json(entry.canonical)),
                packed(entry.raw),
                entry.created or created,
            )
            for entry in entries
        ]
        with self._explained(), self._transaction():
            self._db.executemany(_INSERT, rows)
            kept = [self._db.execute(_SELECT, (entry.key,)).fetchone()[0] for entry in entries]
        return [self._unpacked(entry.key, raw) for entry, raw in zip(entries, kept, strict=True)]

    def entries(self) -> Iterator[Entry]:
        """Yield every reply, in the order in which they were kept."""
        with self._explained():
            rows = self._reads.execute(
                "SELECT key, teacher, request, reply, created FROM replies ORDER BY rowid"
            )
            for key, teacher, request, reply, created in rows:
                canonical = orjson.loads(self._unpacked(key, request))
                yield Entry(key, teacher, canonical, self._unpacked(key, reply), created)

    def by_teacher(self) -> dict[str, int]:
        """Return the number of replies of each teacher, the most first."""
        with self._explained():
            rows = self._reads.execute(
                "SELECT teacher, count(*) FROM replies GROUP BY teacher ORDER BY count(*) DESC"
            )
            return dict(rows.fetchall())

    def note_spending(self, run: str, usd: float, cap_usd: float | None) -> bool:
        """Write down that a run may spend `usd` in all; False where the runs together pass the cap.

        Args:
            run: The run's own identifier; its earlier amount is replaced.
            usd: US dollars.
            cap_usd: For all runs with this journal; None for no cap.
        """
        with self._explained(), self._transaction():
            others = float(self._db.execute(_SPENT, (run,)).fetchone()[0])
            if cap_usd is not None and others + usd > cap_usd:
                return False
            self._db.execute(_NOTE, (run, usd))
        return True

    def spent_usd(self) -> float:
        """Return what all runs with this journal spent, as far as their prices were known."""
        with self._explained():
            return float(self._reads.execute(_SPENT, (None,)).fetchone()[0])

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection to read by, for what else is kept in the journal's file."""
        with self._explained():
            yield self._reads

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction, for what else is kept in the journal's file."""
        with self._explained(), self._transaction():
            yield self._db

    def compact(self) -> tuple[int, int]:
        """Rewrite the file without its unused pages; returns its bytes before and after.

        Raises:
            ChemtuneError: Another process uses the journal, or the disk has no room for a copy.
        """
        with self._explained(), self._writes:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = self.path.stat().st_size
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return before, self.path.stat().st_size

    def __len__(self) -> int:
        with self._explained():
            return int(self._db.execute("SELECT count(*) FROM replies").fetchone()[0])

    def close(self) -> None:
        """Close the file; the journal cannot be used after this."""
        with self._explained():
            self._reads.close()
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _unpacked(self, key: str, data: bytes) -> bytes:
        try:
            return unpacked(data)
        except (zlib.error, TypeError) as error:
            raise ChemtuneError(
                f"{self.path}: the reply under key {key} is damaged ({error}); delete its row "
                "(DELETE FROM replies WHERE key = ...), and it is asked for again"
            ) from None

    def _prepare(self) -> None:
        # Both in one transaction: another process may be making the same journal.
        with transaction(self._db, "DEFERRED"):
            version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise ChemtuneError(
                f"{self.path}: the journal has schema version {version}, and this chemtune reads "
                f"up to {SCHEMA_VERSION}; it was written by a newer chemtune: upgrade chemtune"
            )
        if version == 0 and tables:
            raise ChemtuneError(
                f"{self.path}: this SQLite file is not a journal of chemtune; "
                "move it away or choose another run folder"
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        # Under NORMAL a power cut may undo the last commits of a WAL: replies that were paid for
        # and that examples were made from. FULL syncs at each commit, and replies that arrive
        # together share one.
        self._db.execute("PRAGMA synchronous = FULL")
        if version < SCHEMA_VERSION:
            with self._transaction():
                if int(self._db.execute("PRAGMA user_version").fetchone()[0]) == 1:
                    self._migrate()
                self._db.execute(_CREATE)
                self._db.execute(_CREATE_SPENDING)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _migrate(self) -> None:
        """Version 1 kept requests and replies as they were; version 2 packs them."""
        self._db.execute("ALTER TABLE replies RENAME TO unpacked")
        self._db.execute(_CREATE)
        self._db.create_function("packed", 1, packed, deterministic=True)
        self._db.execute(
            "INSERT INTO replies SELECT key, teacher, packed(request), packed(reply), created "
            "FROM unpacked ORDER BY rowid"
        )
        self._db.execute("DROP TABLE unpacked")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # Replies are written in one thread and spending is noted in another.
        with self._writes, transaction(self._db):
            yield

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self.path, REMEDIES)


def packed(data: bytes | str) -> bytes:
    """Return data compressed, where that makes it smaller; the first byte tells."""
    raw = data.encode() if isinstance(data, str) else data
    small = zlib.compress(raw, 1)
    return b"z" + small if len(small) < len(raw) else b"=" + raw


def unpacked(data: bytes) -> bytes:
    """Return what `packed` was given."""
    return zlib.decompress(data[1:]) if data[:1] == b"z" else bytes(data[1:])
