"""JSON Lines: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from chemtune.documents.readers.record import Record, kind, read_lines, shown
from chemtune.errors import InputError, Problem

SUFFIXES = (".jsonl", ".ndjson")
REMEDY = "write one JSON object a line"


def read_records(path: Path) -> Iterator[Record]:
    """Yield one record for each line that is not blank.

    Raises:
        InputError: The file cannot be read, is empty or is not UTF-8, or a line is not an object.
    """
    found = False
    for line, text in enumerate(read_lines(path), 1):
        if not text.strip():
            continue
        found = True
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            # orjson's own message ends with "line 1 column 5", and that line is not the file's.
            message = f"not JSON at column {error.colno}: {error.msg}; found {shown(text.strip())}"
            raise InputError(Problem(message, path, line, remedy=REMEDY)) from error
        if not isinstance(value, dict):
            message = f"expected a JSON object, found {kind(value)}: {shown(text.strip())}"
            raise InputError(Problem(message, path, line, remedy=REMEDY))
        yield Record(line, value)
    if not found:
        raise InputError(Problem("the file is empty", path, remedy=REMEDY))
