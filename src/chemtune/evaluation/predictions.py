"""Predictions on disk: each is written before a score depends on it, and is not computed twice."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from chemtune.dataset.rows import rows_written
from chemtune.documents.question import Question

TABLE = pa.schema(
    [
        ("id", pa.string()),
        ("subject", pa.string()),
        ("level", pa.string()),
        ("language", pa.string()),
        ("question", pa.string()),
        ("options", pa.list_(pa.string())),
        ("key", pa.string()),
        ("chosen", pa.string()),
        ("status", pa.string()),
        ("correct", pa.bool_()),
        ("shots", pa.int32()),
        ("log_likelihoods", pa.list_(pa.float64())),
        ("probabilities", pa.list_(pa.float64())),
        ("calibrated", pa.string()),
        ("normalized", pa.string()),
        ("orders", pa.list_(pa.string())),
        ("rule", pa.string()),
        ("strict", pa.bool_()),
        ("reply", pa.string()),
    ]
)


class PredictionFile:
    """A JSON Lines file with a row a question, written as they come.

    The file belongs to one identity (weights, adapter, template, decoding, questions), which stands
    in its folder's name; so what it holds is always of the same computation.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`, which may hold the rows of a run that was interrupted."""
        self.path = path
        self.rows: dict[str, dict[str, Any]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = 0
        if path.is_file():
            with path.open("rb") as file:
                for line in file:
                    # A crash can cut the last line off; what follows the last whole one is dropped.
                    if not line.endswith(b"\n"):
                        break
                    row = json.loads(line)
                    self.rows[row["id"]] = row
                    kept += len(line)
            if kept < path.stat().st_size:
                os.truncate(path, kept)

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows, each with its `id`, through to the disk."""
        rows = list(rows)
        with self.path.open("a", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.rows.update((row["id"], row) for row in rows)


def write_table(
    path: Path, rows: Sequence[Mapping[str, Any]], questions: Sequence[Question]
) -> None:
    """Write predictions with their questions as Parquet; what a scoring does not say is null."""
    with rows_written(path, TABLE) as table:
        for row, question in zip(rows, questions, strict=True):
            asked = {"question": question.text, "options": list(question.options)}
            table.write({name: row.get(name) for name in TABLE.names} | asked)
