"""What is with an endpoint in batches, in the journal's file: it may stay there for days."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from chemtune.teachers.journal import Journal, packed, unpacked

_TABLES = (
    "CREATE TABLE IF NOT EXISTS batches("
    "name TEXT PRIMARY KEY, base_url TEXT NOT NULL, id TEXT NOT NULL, created TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS batched("
    "key TEXT PRIMARY KEY, batch TEXT NOT NULL, request BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS batched_batch ON batched(batch)",
)


@dataclass(frozen=True)
class Batch:
    """Requests that go to an endpoint together.

    Attributes:
        name: Our own, which the endpoint keeps as metadata.
        id: The endpoint's; "" until it is known to have taken the batch.
        created: When it was begun, ISO 8601 in UTC.
        requests: How many it holds.
    """

    name: str
    id: str
    created: str
    requests: int


class BatchBook:
    """The batches that are not fetched yet, of all processes that share a journal."""

    def __init__(self, journal: Journal, base_url: str) -> None:
        """Open the book on the batches of one endpoint."""
        self._journal = journal
        self._base_url = base_url
        with journal.changing() as db:
            for statement in _TABLES:
                db.execute(statement)

    def begin(self, requests: Sequence[tuple[str, bytes]], name: str) -> Batch:
        """Write down a batch that is about to be sent; it leaves out what is in another one.

        Args:
            requests: The key and the packed canonical request of each.
            name: As `new_name` gives.
        """
        created = datetime.now(UTC).isoformat(timespec="seconds")
        with self._journal.changing() as db:
            db.execute("INSERT INTO batches VALUES (?, ?, '', ?)", (name, self._base_url, created))
            rows = ((key, name, request) for key, request in requests)
            before = db.total_changes
            db.executemany("INSERT INTO batched VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows)
            count = db.total_changes - before
        return Batch(name, "", created, count)

    def taken(self, batch: Batch, id_: str) -> Batch:
        """Write down the endpoint's name of a batch."""
        with self._journal.changing() as db:
            db.execute("UPDATE batches SET id = ? WHERE name = ?", (id_, batch.name))
        return replace(batch, id=id_)

    def open(self) -> list[Batch]:
        """Return the endpoint's batches, the oldest first."""
        with self._journal.reading() as db:
            rows = db.execute(
                "SELECT name, id, created, (SELECT count(*) FROM batched WHERE batch = name) "
                "FROM batches WHERE base_url = ? ORDER BY created, name",
                (self._base_url,),
            ).fetchall()
        return [Batch(*row) for row in rows]

    def holds(self, key: str) -> bool:
        """Whether a request is in a batch."""
        with self._journal.reading() as db:
            found = db.execute("SELECT 1 FROM batched WHERE key = ?", (key,)).fetchone()
        return found is not None

    def requests(self, batch: Batch) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the key and the canonical request of each of a batch's requests."""
        last = ""
        while True:
            with self._journal.reading() as db:
                rows = db.execute(
                    "SELECT key, request FROM batched WHERE batch = ? AND key > ? "
                    "ORDER BY key LIMIT 500",
                    (batch.name, last),
                ).fetchall()
            if not rows:
                return
            for key, request in rows:
                yield key, orjson.loads(unpacked(request))
            last = rows[-1][0]

    def of_keys(self, batch: Batch, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the canonical requests of those keys that are in the batch."""
        found = {}
        with self._journal.reading() as db:
            for key in keys:
                row = db.execute(
                    "SELECT request FROM batched WHERE key = ? AND batch = ?", (key, batch.name)
                ).fetchone()
                if row:
                    found[key] = orjson.loads(unpacked(row[0]))
        return found

    def end(self, batch: Batch) -> None:
        """Forget a batch: what it brought is in the journal, the rest may be asked again."""
        with self._journal.changing() as db:
            db.execute("DELETE FROM batched WHERE batch = ?", (batch.name,))
            db.execute("DELETE FROM batches WHERE name = ?", (batch.name,))


def under_way(journal: Journal) -> tuple[int, int]:
    """Return the batches that are not fetched yet, with any endpoint, and their requests."""
    with journal.reading() as db:
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if "batched" not in names:
            return 0, 0
        batches = db.execute("SELECT count(*) FROM batches").fetchone()[0]
        return batches, db.execute("SELECT count(*) FROM batched").fetchone()[0]


def new_name() -> str:
    """Return a name for a batch that no other one has."""
    return uuid.uuid4().hex


def pack(canonical: Mapping[str, Any]) -> bytes:
    """Return a canonical request as the book keeps it."""
    return packed(orjson.dumps(dict(canonical)))
