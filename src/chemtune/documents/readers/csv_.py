"""CSV and TSV: a header, then one record a row."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from chemtune.documents.readers.encoding import KOREAN, korean_encoding
from chemtune.documents.readers.record import Record, read_lines, shown
from chemtune.errors import InputError, Problem
from chemtune.progress import say

DELIMITERS = {".csv": ",", ".tsv": "\t"}
SUFFIXES = tuple(DELIMITERS)
LONGEST_CELL = 2**31 - 1  # the largest C long on every platform
QUOTING = 'a cell that holds a quote or a line end goes in quotes, its own quotes doubled: ""'


def read_records(path: Path) -> Iterator[Record]:
    """Yield one record a row; every value is a string.

    The suffix tells the delimiter. A file that is not UTF-8 but Korean in EUC-KR or CP949 is read
    so, and that is said. Lines before the header that are blank or start with "#" are skipped, and
    so are blank lines between rows. A cell in double quotes may hold line ends.

    Raises:
        InputError: The file cannot be read, is empty or is in no encoding that is known; it has no
            rows; the header has a name twice; a row's cells are not as many as the header's; a
            quote is not closed.
    """
    rows = _rows(path)
    header_line, cells = next(rows, (0, []))
    if not cells:
        raise InputError(Problem("the file is empty: it has comments and no header", path))
    header = [cell.strip() for cell in cells]
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        message = "the header has this name more than once: " + ", ".join(map(repr, repeated))
        remedy = "give each column its own name"
        raise InputError(Problem(message, path, header_line, remedy=remedy))
    found = False
    for line, row in rows:
        if len(row) != len(header):
            raise InputError(_miscounted(row, header, path, line))
        found = True
        yield Record(line, dict(zip(header, row, strict=True)), header_line)
    if not found:
        raise InputError(Problem("the file has a header and no rows", path, header_line))


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line that the row starts on, cells), the header first."""
    csv.field_size_limit(LONGEST_CELL)
    encoding = _encoding(path)
    lines = read_lines(path, encoding)
    skipped = 0
    for first in lines:
        if first.strip() and not first.startswith("#"):
            break
        skipped += 1
    else:
        return
    delimiter = DELIMITERS[path.suffix.lower()]
    # Strict, or a quote that is not closed swallows the rest of the file as one cell.
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    while True:
        line = skipped + reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            message = f"not a row of cells: {error}"
            raise InputError(Problem(message, path, line, remedy=QUOTING)) from error
        if row is None:
            return
        if row:
            yield line, row


def _encoding(path: Path) -> str:
    try:
        korean = korean_encoding(path)
    except OSError:
        return "utf-8"  # told by the reading of the lines
    if korean is not None:
        say(f"{path}: is not UTF-8; read as {KOREAN[korean]}")
    return korean or "utf-8"


def _miscounted(row: list[str], header: list[str], path: Path, line: int) -> Problem:
    message = f"the row has {len(row)} cells and the header has {len(header)}; it starts with "
    remedy = "put quotes around a cell that holds the delimiter"
    return Problem(message + shown(row[0]), path, line, remedy=remedy)
