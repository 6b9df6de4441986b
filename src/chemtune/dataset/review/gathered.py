"""All items of a data set, in the order of its documents and tasks, out of its files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chemtune.dataset.review.sources import Sources
from chemtune.dataset.rows import read_rows
from chemtune.recipe.schema import AnyTeacher, Recipe
from chemtune.recipe.teacher_settings import LocalTeacher, ServedTeacher
from chemtune.tasks.task import Task

# Tasks of one document have places beside each other: document number times this, and on.
PLACES = 4096
STAGES = ("reading", "checks", "review")
_COLUMNS = (
    *("document_id", "document", "task", "split", "answer"),
    *("language", "teacher", "findings", "agreement"),
)
_JOBS = """CREATE TEMP TABLE jobs(
  name TEXT, task TEXT, place INTEGER, document_id TEXT, split TEXT, part INTEGER,
  PRIMARY KEY (name, task)
) WITHOUT ROWID"""
_JOB = "SELECT place, document_id, split, part FROM jobs WHERE name = ? AND task = ?"


@dataclass(frozen=True)
class Gathered:
    """One item as it is put into the index; `findings` are rows of the data set's file."""

    place: int
    document_id: str
    document: str
    task: str
    split: str
    language: str
    teacher: str
    answer: str
    findings: list[dict[str, Any]]
    agreement: float | None = None
    reason: str = ""
    detail: str = ""


def documents_of(sources: Sources, db: sqlite3.Connection) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each prepared document's number and row; notes in `db` what was asked of it.

    Names are unique in a build, and the ledger knows documents by nothing else.
    """
    db.execute(_JOBS)
    for number, row in enumerate(read_rows(sources.documents)):
        jobs = [
            (row["name"], task, number * PLACES + at, row["id"], row["split"], row["part"])
            for at, task in enumerate(row["tasks"])
        ]
        db.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?)", jobs)
        yield number, row


def examples_of(sources: Sources, db: sqlite3.Connection) -> Iterator[Gathered]:
    """Yield the accepted answers whose document is there; after `documents_of`.

    While a build runs, documents may be there already whose examples are not.
    """
    for path in sources.examples:
        for row in read_rows(path, columns=list(_COLUMNS)):
            job = db.execute(_JOB, (row["document"], row["task"])).fetchone()
            if job is not None and job[1] == row["document_id"]:
                yield Gathered(place=job[0], **row)


def rejected_of(
    sources: Sources, db: sqlite3.Connection, recipe: Recipe, tasks: Mapping[str, Task]
) -> Iterator[Gathered]:
    """Yield the answers that were rejected; after `documents_of`."""
    for row in read_rows(sources.rejected):
        if row["outcome"] != "rejected" or row["stage"] not in STAGES or not row["reply"]:
            continue
        job = db.execute(_JOB, (row["document"], row["task"])).fetchone()
        if job is None:
            continue
        place, document_id, split, part = job
        task = tasks.get(row["task"])
        yield Gathered(
            place=place,
            document_id=document_id,
            document=row["document"],
            task=row["task"],
            split=split,
            language=task.language if task else "",
            teacher=_teacher_name(recipe.documents[part].teacher or recipe.teacher),
            answer=row["reply"],
            findings=[],
            reason=row["reason"],
            detail=row["detail"],
        )


def _teacher_name(asked: AnyTeacher) -> str:
    """The name that a teacher has when it is opened, which would take its key or its files."""
    if isinstance(asked, ServedTeacher):
        return f"endpoint:{asked.model}"
    if isinstance(asked, LocalTeacher):
        return f"local:{asked.path.rsplit('/', 1)[-1]}"
    return "recorded"
