"""SQLite: files opened while others use them, and errors in the user's words."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from chemtune.errors import ChemtuneError

LOCK_WAIT_S = 10.0
LOCK_PAUSE_S = 0.02
# By the beginning of the error's name, the first that fits.
REMEDIES = {
    "SQLITE_BUSY": "another process holds the file; wait for it or end it, then try again",
    "SQLITE_LOCKED": "another process holds the file; wait for it or end it, then try again",
    "SQLITE_FULL": "the disk is full; make room, what the file holds is kept",
    "SQLITE_NOTADB": "this file is no SQLite database; move it away, and a new one is begun",
    "SQLITE_CORRUPT": "the file is damaged; SQLite's own tools may save most of it "
    "(https://sqlite.org/recovery.html)",
    "SQLITE_CANTOPEN": "the file cannot be opened here; check that it is a file and your rights",
    "SQLITE_READONLY": "the file cannot be written; check your rights to it and its folder",
    "": "check the disk's space and health",
}


@contextmanager
def explained(
    path: Path, remedies: Mapping[str, str] = REMEDIES, *, cache: bool = False
) -> Iterator[None]:
    """Turn SQLite's errors within the block into ones that name the file and what to do.

    Args:
        path: The file.
        remedies: By the beginning of an error's name; one of "" fits all.
        cache: Whether it can be made again from others.

    Raises:
        ChemtuneError: SQLite failed.
    """
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        remedy = next(remedy for code, remedy in remedies.items() if name.startswith(code))
        if cache and name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
            remedy = "delete it, and it is made again"
        raise ChemtuneError(f"{path}: {error}: {remedy}") from error


def connected(path: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    """Return a connection that waits for locks, whose transactions are begun by hand.

    Several threads may use it, one at a time.
    """
    return sqlite3.connect(
        path, timeout=LOCK_WAIT_S, isolation_level=None, check_same_thread=False, uri=uri
    )


def read_only(path: Path) -> str:
    """Return the URI of a database file that is only to be read."""
    return f"{path.resolve().as_uri()}?mode=ro"


@contextmanager
def transaction(
    db: sqlite3.Connection, kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE"
) -> Iterator[None]:
    """Hold the right to write from the block's first statement; all of it is kept, or nothing.

    A deferred one sees one state of the file, and takes the right to write when it writes.
    """
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # SQLite itself rolls back after some errors, a full disk among them.
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def when_free(step: Callable[[], None]) -> None:
    """Do `step`, again and again while the file is locked, for at most `LOCK_WAIT_S`.

    SQLite waits for a lock in most places, but not where a file turns to WAL or its last user
    closes it: there it gives up at once.
    """
    until = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            return step()
        except sqlite3.OperationalError as error:
            busy = (error.sqlite_errorname or "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            if not busy or time.monotonic() > until:
                raise
            time.sleep(LOCK_PAUSE_S)
