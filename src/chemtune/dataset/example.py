"""Example: one record of instruction data, and the Parquet and JSON Lines files of many."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chemtune.checks.finding import Finding
from chemtune.errors import InputError, Problem
from chemtune.files import written_whole
from chemtune.messages import Message


@dataclass(frozen=True)
class Example:
    """One record: messages, answer, provenance.

    Attributes:
        document_id: The document's id, from its content.
        document: The document's name.
        task: The task's name.
        split: "train", "validation" or "test".
        messages: The prompt.
        answer: The answer as the student is to write it.
        language: The language of the answer.
        source: Where the document comes from.
        licence: The document's licence.
        teacher: Who wrote the answer: a teacher's name, or "document" where it brought its own.
        reply_key: The key of the raw reply in the journal, or "".
        findings: What the checks say, with the spans of what is grounded.
    """

    document_id: str
    document: str
    task: str
    split: str
    messages: list[Message]
    answer: str
    language: str
    source: str
    licence: str
    teacher: str
    reply_key: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The document's id and the task: unique in a data set."""
        return f"{self.document_id}-{self.task}"


FINDING = pa.struct(
    [
        ("check", pa.string()),
        ("severity", pa.string()),
        ("field", pa.string()),
        ("value", pa.string()),
        ("message", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("how", pa.string()),
    ]
)
SCHEMA = pa.schema(
    [
        ("document_id", pa.string()),
        ("document", pa.string()),
        ("task", pa.string()),
        ("split", pa.string()),
        ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("answer", pa.string()),
        ("language", pa.string()),
        ("source", pa.string()),
        ("licence", pa.string()),
        ("teacher", pa.string()),
        ("reply_key", pa.string()),
        ("findings", pa.list_(FINDING)),
    ]
)


def write_table(path: Path, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows as a Parquet file, whole."""
    with written_whole(path) as temporary:
        pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), temporary)


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write examples as a Parquet file."""
    write_table(path, [asdict(example) for example in examples], SCHEMA)


def read_examples(path: Path) -> list[Example]:
    """Read the examples of a Parquet file.

    Raises:
        InputError: The file is missing or is not one that `write_examples` wrote.
    """
    if not path.is_file():
        raise InputError(Problem("no such file", path, remedy="run `chemtune build` first"))
    try:
        missing = [name for name in SCHEMA.names if name not in pq.read_schema(path).names]
        rows = [] if missing else pq.read_table(path, schema=SCHEMA).to_pylist()
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise InputError(Problem(f"holds no examples: {reason}", path)) from None
    if missing:
        raise InputError(Problem(f"holds no examples: no column {', '.join(missing)}", path))
    return [Example(**{**r, "findings": [Finding(**f) for f in r["findings"]]}) for r in rows]


def write_messages(path: Path, examples: Iterable[Example]) -> None:
    """Write examples as JSON Lines of messages, the format that other trainers read."""
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for example in examples:
            messages = [*example.messages, {"role": "assistant", "content": example.answer}]
            line = {"messages": messages, "task": example.task, "document": example.document}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
