"""A journal as JSON Lines, to look at, to keep, and to merge into another."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import orjson

from chemtune.errors import InputError, Problem
from chemtune.files import written_whole
from chemtune.teachers.journal import Entry, Journal, key_of

FIELDS = {"key": str, "teacher": str, "created": str, "request": dict}
WORDS = {str: "text", dict: "object"}
DATABASE = b"SQLite format 3\0"
AT_ONCE = 500


def export_journal(journal: Journal, path: Path) -> int:
    """Write every reply as a line of JSON; returns their number.

    A line holds `key`, `teacher`, `created`, `request`, and `reply` as text or, where it is no
    UTF-8, `reply_base64`.

    Raises:
        InputError: The file cannot be written, or is a journal, which would be lost.
    """
    count = 0
    try:
        if path.is_file() and _is_database(path):
            remedy = "name a new file of JSON Lines, or merge into a journal by `journal import`"
            raise InputError(Problem("is a journal, and is not written over", path, remedy=remedy))
        with written_whole(path) as temporary, temporary.open("wb") as file:
            for entry in journal.entries():
                file.write(orjson.dumps(_line(entry)) + b"\n")
                count += 1
    except OSError as error:
        raise InputError(Problem(f"cannot be written: {error.strerror}", path)) from None
    return count


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(DATABASE)) == DATABASE


def import_journal(journal: Journal, path: Path) -> tuple[int, int]:
    """Merge the lines of an exported journal; a reply that is there already stays.

    Returns:
        The number of lines, and of replies that are new.

    Raises:
        InputError: A line is not one that `export_journal` wrote; nothing after it is taken.
    """
    before, count = len(journal), 0
    waiting: list[Entry] = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                waiting.append(_entry(line, path, number))
                count += 1
                if len(waiting) == AT_ONCE:
                    journal.put_all(waiting)
                    waiting = []
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", path)) from None
    finally:
        journal.put_all(waiting)
    return count, len(journal) - before


def _line(entry: Entry) -> dict[str, Any]:
    line: dict[str, Any] = {
        "key": entry.key,
        "teacher": entry.teacher,
        "created": entry.created,
        "request": dict(entry.canonical),
    }
    try:
        line["reply"] = entry.raw.decode()
    except UnicodeDecodeError:
        line["reply_base64"] = base64.b64encode(entry.raw).decode()
    return line


def _entry(line: bytes, path: Path, number: int) -> Entry:
    try:
        row = orjson.loads(line)
        missing = [name for name in FIELDS if name not in row]
        raw = (
            base64.b64decode(row["reply_base64"])
            if "reply_base64" in row
            else row["reply"].encode()
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"is no line of an exported journal: {type(error).__name__}: {error}"
        raise InputError(Problem(message, path, number)) from None
    if missing:
        message = f"is no line of an exported journal: no {', '.join(missing)}"
        raise InputError(Problem(message, path, number))
    for name, kind in FIELDS.items():
        if not isinstance(row[name], kind):
            message = f"is no line of an exported journal: {row[name]!r} is no {WORDS[kind]}"
            raise InputError(Problem(message, path, number, name))
    if key_of(row["request"]) != row["key"]:
        remedy = "export it again; a reply under a wrong key would answer another request"
        raise InputError(Problem("the key is not that of its request", path, number, "key", remedy))
    return Entry(row["key"], row["teacher"], row["request"], raw, row["created"])
