"""The prepared documents of a build: a Parquet file that the steps after it read as a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from chemtune.dataset.rows import read_rows
from chemtune.documents.document import Document
from chemtune.documents.readers.record import Layout

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("part", pa.int32()),
        ("tasks", pa.list_(pa.string())),
        ("title", pa.string()),
        ("text", pa.string()),
        ("language", pa.string()),
        ("source", pa.string()),
        ("licence", pa.string()),
        ("split", pa.string()),
        ("fields", pa.string()),
        ("pages", pa.list_(pa.int64())),
        ("sections", pa.list_(pa.struct([("offset", pa.int64()), ("heading", pa.string())]))),
        ("parent", pa.string()),
        ("offset", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Prepared:
    """A document that will be used, with what is asked of it.

    Attributes:
        document: The document, cut or chunked, with its split.
        part: The number, from 0, of the recipe's `documents` that it comes from.
        tasks: The names of the tasks to ask.
    """

    document: Document
    part: int
    tasks: tuple[str, ...]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Prepared:
        """Return what a row of the file holds."""
        sections = tuple((section["offset"], section["heading"]) for section in row["sections"])
        document = Document(
            name=row["name"],
            text=row["text"],
            title=row["title"],
            language=row["language"],
            source=row["source"],
            licence=row["licence"],
            split=row["split"],
            fields=json.loads(row["fields"]),
            layout=Layout(tuple(row["pages"]), sections),
            parent=row["parent"],
            offset=row["offset"],
        )
        return cls(document, row["part"], tuple(row["tasks"]))

    def row(self) -> dict[str, Any]:
        """Return the row of the file; columns of the record that JSON cannot hold become text."""
        document = self.document
        sections = [{"offset": at, "heading": text} for at, text in document.layout.sections]
        return {
            "id": document.id,
            "name": document.name,
            "part": self.part,
            "tasks": list(self.tasks),
            "title": document.title,
            "text": document.text,
            "language": document.language,
            "source": document.source,
            "licence": document.licence,
            "split": document.split,
            "fields": json.dumps(dict(document.fields), ensure_ascii=False, default=str),
            "pages": list(document.layout.pages),
            "sections": sections,
            "parent": document.parent,
            "offset": document.offset,
        }


def read_prepared(path: Path) -> Iterator[Prepared]:
    """Yield what was prepared, in its order."""
    for row in read_rows(path):
        yield Prepared.of(row)
