"""Answers to questions out of any table: another harness's CSV, JSON Lines or Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chemtune.documents.readers import csv_, jsonl, parquet
from chemtune.documents.readers.record import Record, shown
from chemtune.errors import InputError, Problem, nearest
from chemtune.evaluation.content import content_of
from chemtune.experiment.measured_run import Answer

READERS = {
    suffix: module.read_records for module in (csv_, jsonl, parquet) for suffix in module.SUFFIXES
}
IDS = ("id", "question_id", "doc_id", "index")
KEYS = ("key", "answer", "target", "gold")
CHOSEN = ("chosen", "prediction", "predicted", "choice")
CORRECT = ("correct", "acc", "exact_match")
TRUTH = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


@dataclass(frozen=True)
class Columns:
    """Which columns are read; None looks for those of the usual names.

    Attributes:
        id: Of the question's id.
        key: Of the right label.
        answer: Of the label given, or of right or wrong.
    """

    id: str | None = None
    key: str | None = None
    answer: str | None = None


def read_answers(path: Path, columns: Columns) -> dict[str, Answer]:
    """Return the answers in a table by question id.

    A column called `correct`, `acc` or `exact_match`, or any one in a table without a key, says
    right or wrong (true, false, 1, 0); another one is the label given, right where it is the key's.
    A column `question` with the text (of lm-eval's samples, in `doc`), if there is one, lets
    questions be told apart, and be found in files with other ids.

    Raises:
        InputError: The file cannot be read; a column is not there; an id stands twice or is empty;
            a value says neither right nor wrong; no answer in the whole table is any of its keys.
    """
    reader = READERS[path.suffix.lower()]
    answers: dict[str, Answer] = {}
    table: _Table | None = None
    for record in reader(path):
        table = table or _Table.of(path, record.fields, columns)
        name = _text(record.fields.get(table.id))
        if not name or name in answers:
            said = f"the id {shown(name)} stands twice" if name else "this id is empty"
            remedy = "name the column with one id a question by --id-column"
            raise InputError(Problem(said, path, record.line, table.id, remedy))
        answers[name] = table.answer(record)
    keys = {answer.key for answer in answers.values()}
    said_any = {answer.chosen for answer in answers.values()} - {None}
    if table is not None and said_any and not said_any & keys:
        message = f"no answer is any of the keys: {_some(said_any)}; the keys are {_some(keys)}"
        raise InputError(Problem(message, path, field=table.said, remedy="name other columns"))
    return answers


@dataclass(frozen=True)
class _Table:
    path: Path
    id: str
    key: str
    said: str
    by_truth: bool

    @classmethod
    def of(cls, path: Path, fields: Mapping[str, Any], columns: Columns) -> _Table:
        name = _column(path, fields, columns.id, IDS, "--id-column")
        has_key = columns.key is not None or any(key in fields for key in KEYS)
        key = _column(path, fields, columns.key, KEYS, "--key-column") if has_key else None
        likely = (*CORRECT, *(CHOSEN if has_key else ()))
        # The label tells more than right or wrong: whether it is always the same one.
        labels = [one for one in CHOSEN if one in fields]
        asked = columns.answer or (labels[0] if key and labels else None)
        said = _column(path, fields, asked, likely, "the column behind the file: FILE:COLUMN")
        return cls(path, name, key or "", said, said in CORRECT or key is None)

    def answer(self, record: Record) -> Answer:
        value = _text(record.fields.get(self.said))
        key = _text(record.fields.get(self.key))
        # lm-eval keeps the question's record in `doc`.
        doc = record.fields.get("doc")
        question = (doc if isinstance(doc, dict) else record.fields).get("question")
        content = content_of(question) if isinstance(question, str) else ""
        if not self.by_truth:
            return Answer(key, value or None, bool(value) and value == key, content)
        truth = TRUTH.get(value.lower())
        if truth is None:
            message = f"{shown(value)} says neither right nor wrong"
            remedy = "allowed: true, false, 1, 0; or name the column of the key by --key-column"
            raise InputError(Problem(message, self.path, record.line, self.said, remedy))
        return Answer("", None, truth, content)


def _column(
    path: Path, fields: Mapping[str, Any], asked: str | None, usual: Iterable[str], option: str
) -> str:
    if asked is not None:
        if asked not in fields:
            remedy = nearest(asked, list(fields))
            raise InputError(Problem(f"has no column {asked!r}", path, remedy=remedy))
        return asked
    for name in usual:
        if name in fields:
            return name
    message = f"has none of the columns {', '.join(usual)}; there are: {', '.join(fields)}"
    raise InputError(Problem(message, path, remedy=f"name it: {option}"))


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _some(values: Iterable[str | None]) -> str:
    names = sorted(map(str, values))
    return ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
