"""Example: one record of instruction data, and the Parquet and JSON Lines files of many."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from chemtune.checks.finding import Finding
from chemtune.dataset.rows import RowWriter, rows_written
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
        terms: What the teacher's terms say of training on its replies, or "".
        reply_key: The key of the raw reply in the journal, or "".
        findings: What the checks say, with the spans of what is grounded.
        wording: The number of the instruction's wording, 0 the first.
        prompt_sha256: Of the messages, in hexadecimal.
        model: The teacher's model as it named itself in the reply, or "".
        prompt_tokens: Of the teacher's request, where told.
        completion_tokens: Of the teacher's reply, where told.
        cost_usd: What the reply cost at the recipe's price, where there is one.
        parent: The id of the document that this one is a chunk of, or "".
        offset: Where the chunk begins in that document's text.
        page: The page that it begins on, where there are pages.
        agreement: How far a second teacher agrees, 0 to 1, where one was asked.
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
    terms: str = ""
    findings: list[Finding] = field(default_factory=list)
    wording: int = 0
    prompt_sha256: str = ""
    model: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None
    parent: str = ""
    offset: int = 0
    page: int | None = None
    agreement: float | None = None

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
        ("terms", pa.string()),
        ("findings", pa.list_(FINDING)),
        ("wording", pa.int32()),
        ("prompt_sha256", pa.string()),
        ("model", pa.string()),
        ("prompt_tokens", pa.int64()),
        ("completion_tokens", pa.int64()),
        ("cost_usd", pa.float64()),
        ("parent", pa.string()),
        ("offset", pa.int64()),
        ("page", pa.int32()),
        ("agreement", pa.float64()),
    ]
)


class ExampleWriter:
    """Takes the examples of a split one at a time; made by `examples_written`."""

    def __init__(self, rows: RowWriter, messages: TextIO) -> None:
        self._rows = rows
        self._messages = messages

    def write(self, example: Example) -> None:
        """Write one example, as a row and as messages."""
        # asdict would copy every value; a row is only read.
        row = {name: getattr(example, name) for name in SCHEMA.names}
        row["findings"] = [vars(finding) for finding in example.findings]
        self._rows.write(row)
        self._messages.write(message_line(example) + "\n")


@contextmanager
def examples_written(path: Path) -> Iterator[ExampleWriter]:
    """Yield a writer of examples as Parquet at `path`, and beside it as JSON Lines of messages."""
    lines = path.with_suffix(".jsonl")
    with (
        written_whole(lines) as temporary,
        temporary.open("w", encoding="utf-8") as messages,
        rows_written(path, SCHEMA) as rows,
    ):
        yield ExampleWriter(rows, messages)


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write examples as a Parquet file, and beside it as JSON Lines of messages."""
    with examples_written(path) as writer:
        for example in examples:
            writer.write(example)


def message_line(example: Example) -> str:
    """Return an example as a line of JSON with its messages, as other trainers read them."""
    messages = [*example.messages, {"role": "assistant", "content": example.answer}]
    line = {"messages": messages, "task": example.task, "document": example.document}
    return json.dumps(line, ensure_ascii=False)


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
