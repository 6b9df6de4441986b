"""Writing files so that a reader never finds half of one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chemtune.errors import ChemtuneError


@contextmanager
def held_alone(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock file `path` for the block; the system lets go of it when a process is killed.

    Raises:
        ChemtuneError: Another process holds it; says `busy`.
    """
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ChemtuneError(busy) from None
        yield


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        # Where nothing may be written, removing it fails even if it is not there.
        if temporary.exists():
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, in UTF-8."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole, indented, for people to read."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")
