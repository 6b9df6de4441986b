"""What a journal holds, looked up without changing it: no file is made, nothing is migrated."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from chemtune.errors import ChemtuneError


@dataclass(frozen=True)
class Kept:
    """The replies that a journal has of those that were looked up, and what was spent on all."""

    replies: int
    spent_usd: float


def look_up(path: Path, keys: Iterable[str]) -> Kept:
    """Count the keys that a journal has a reply to; the file is opened for reading alone.

    Args:
        path: The journal's file; where there is none, nothing is kept.
        keys: Of requests, see `key_of`.

    Raises:
        ChemtuneError: The file is no journal, or cannot be read.
    """
    if not path.exists():
        return Kept(0, 0.0)
    # SQLite makes files beside a database in WAL mode even to read it; not one that it is told
    # does not change. Where commits wait in such a file, somebody else has made it.
    waiting = path.with_name(f"{path.name}-wal")
    still = not (waiting.exists() and waiting.stat().st_size)
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as file:
            find = "SELECT count(*) FROM replies WHERE key = ?"
            replies = sum(file.execute(find, (key,)).fetchone()[0] for key in keys)
            tables = {row[0] for row in file.execute("SELECT name FROM sqlite_master")}
            spent = 0.0
            if "spending" in tables:
                spent = file.execute("SELECT coalesce(sum(usd), 0) FROM spending").fetchone()[0]
    except sqlite3.Error as error:
        remedy = "move it away, and a new one is begun"
        raise ChemtuneError(f"{path}: not a readable journal ({error}); {remedy}") from None
    return Kept(replies, float(spent))
