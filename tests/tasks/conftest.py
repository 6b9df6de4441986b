from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chemtune.documents.document import Document
from chemtune.documents.read import find_files, read_documents
from chemtune.domains import find_domain
from chemtune.tasks.load import load_tasks
from chemtune.tasks.task import Task

SAMPLE = find_domain("chemistry").folder / "sample"


@pytest.fixture(scope="session")
def tasks() -> dict[str, Task]:
    """The tasks of the shipped domain."""
    return load_tasks(find_domain("chemistry").task_folder)


@pytest.fixture(scope="session")
def documents() -> dict[str, Document]:
    """The documents and questions of the sample by name."""
    papers = read_documents(find_files("documents", SAMPLE), columns={})
    files = [SAMPLE / name for name in ("exam_ko.jsonl", "exam_en.jsonl", "questions_short.jsonl")]
    questions = read_documents(files, columns={"text": "question"})
    return {document.name: document for document in (*papers, *questions)}


@pytest.fixture(scope="session")
def replies() -> dict[tuple[str, str], str]:
    """The recorded replies by document and task."""
    rows = (
        json.loads(line)
        for path in sorted((SAMPLE / "replies").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    )
    return {(row["document"], row["task"]): row["reply"] for row in rows}


@pytest.fixture(scope="session")
def wrong() -> Callable[..., list[tuple[str, str, str]]]:
    """Check, field and value of the errors that a task finds in an answer."""

    def find(
        task: Task, answer: dict[str, object], document: Document
    ) -> list[tuple[str, str, str]]:
        findings = task.check(answer, document)
        return [(f.check, f.field, f.value) for f in findings if f.severity == "error"]

    return find


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file of a task folder; returns the folder."""

    def make(name: str, text: str) -> Path:
        folder = tmp_path / "tasks"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        return folder

    return make
