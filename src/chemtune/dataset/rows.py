"""Parquet files written row by row, in bounded memory and whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chemtune.files import written_whole

ROWS_PER_GROUP = 2000


class RowWriter:
    """Takes rows one at a time and writes them in groups; made by `rows_written`."""

    def __init__(self, file: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._file = file
        self._schema = schema
        self._waiting: list[Mapping[str, Any]] = []
        self.count = 0

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row: a value for each column of the schema, by name."""
        self._waiting.append(row)
        self.count += 1
        if len(self._waiting) >= ROWS_PER_GROUP:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait as one row group."""
        if self._waiting:
            self._file.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
            self._waiting = []


@contextmanager
def rows_written(path: Path, schema: pa.Schema) -> Iterator[RowWriter]:
    """Yield a writer of a Parquet file that takes its place at `path` when the block ends well."""
    with written_whole(path) as temporary, pq.ParquetWriter(temporary, schema) as file:
        writer = RowWriter(file, schema)
        yield writer
        writer.flush()


def read_rows(path: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a Parquet file, one row group at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=ROWS_PER_GROUP, columns=columns):
            yield from batch.to_pylist()
