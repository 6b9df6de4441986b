"""Parquet: one record a row, read in batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chemtune.documents.readers.record import Record
from chemtune.errors import InputError, Problem

SUFFIXES = (".parquet",)
ROWS_AT_ONCE = 1000


def read_records(path: Path) -> Iterator[Record]:
    """Yield one record a row, whose `line` is the row's number from 1.

    Raises:
        InputError: The file cannot be read, is not Parquet, or has no rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    number += 1
                    yield Record(number, row)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(Problem(f"not a readable Parquet file: {reason}", path)) from None
    if not number:
        raise InputError(Problem("the file has no rows", path))
