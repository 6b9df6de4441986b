"""Tables of records as CSV, Parquet or JSON Lines, written row by row and whole."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from chemtune.checks.finding import Finding
from chemtune.dataset.rows import rows_written
from chemtune.errors import InputError, Problem
from chemtune.files import written_whole
from chemtune.use.records import said

FORMATS = {"csv": ".csv", "parquet": ".parquet", "jsonl": ".jsonl"}
# What a spreadsheet takes for the beginning of a formula, also in full width.
FORMULA = "=+-@＝＋－＠\t\r\n"
# "-0.5 V", "+1.2e-3 S cm-1", "-": a number, perhaps with a unit, computes nothing.
HARMLESS = re.compile(r"-|[-+]\s?\d[\d.,]*(?:[eE][-+]?\d+)?(?:[^\W\d_](?:[-−][1-4])?|[\s%°·/⁻])*")
NUMBERS = {"number": pa.float64(), "high": pa.float64(), "uncertainty": pa.float64()}
OFFSETS = {"start": pa.int64(), "end": pa.int64(), "page": pa.int32()}
FINDINGS = pa.list_(
    pa.struct([(n, pa.string()) for n in ("check", "severity", "field", "value", "message")])
)
TYPES = {**NUMBERS, **OFFSETS, "findings": FINDINGS}

Write = Callable[[Mapping[str, Any]], None]


def format_of(path: Path | None, named: str | None) -> str:
    """Return the format: as named, else by the ending of `path`, else CSV.

    Raises:
        InputError: Neither says one that is known.
    """
    known = ", ".join(FORMATS)
    if named is not None:
        if named not in FORMATS:
            raise InputError(Problem(f"unknown format {named!r}", remedy=f"one of {known}"))
        return named
    if path is None:
        return "csv"
    ending = path.suffix.lower()
    found = next((name for name, suffix in FORMATS.items() if suffix == ending), None)
    if found is None:
        message = f"the ending {ending!r} tells no format"
        raise InputError(Problem(message, path, remedy=f"give --format: one of {known}"))
    return found


@contextmanager
def table_written(
    path: Path, format_: str, columns: Sequence[str], *, excel: bool = False
) -> Iterator[Write]:
    """Yield what takes rows, a value for each column; the file is there when the block ends well.

    Args:
        path: The file.
        format_: A key of `FORMATS`.
        columns: The columns' names.
        excel: Begin a CSV file with a byte order mark, by which Excel knows UTF-8.
    """
    if format_ == "parquet":
        schema = pa.schema([(name, TYPES.get(name, pa.string())) for name in columns])
        with rows_written(path, schema) as rows:
            yield lambda row: rows.write({**row, **_plain_findings(row)})
        return
    encoding = "utf-8-sig" if excel and format_ == "csv" else "utf-8"
    with (
        written_whole(path) as temporary,
        temporary.open("w", encoding=encoding, newline="") as file,
    ):
        if format_ == "jsonl":
            yield lambda row: _write_line(file, {**row, **_plain_findings(row)})
            return
        writer = csv.writer(file)
        writer.writerow(columns)
        yield lambda row: writer.writerow([_cell(row[name]) for name in columns])


def _write_line(file: Any, row: Mapping[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _plain_findings(row: Mapping[str, Any]) -> dict[str, Any]:
    if "findings" not in row:
        return {}
    names = ("check", "severity", "field", "value", "message")
    return {"findings": [{name: getattr(f, name) for name in names} for f in row["findings"]]}


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        return safe_cell("; ".join(said(one) for one in value if isinstance(one, Finding)))
    return safe_cell(value) if isinstance(value, str) else value


def safe_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet computes.

    Texts come from documents and models. One that begins as a formula does gets an apostrophe
    before it, which is how spreadsheets mark a text; numbers with their units stay as they are.
    """
    begins = text.lstrip(" ")[:1]
    if begins and begins in FORMULA and not HARMLESS.fullmatch(text):
        return f"'{text}"
    return text
