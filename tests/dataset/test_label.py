from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import pytest

from chemtune.dataset.label import Job, label, make_jobs
from chemtune.dataset.ledger import Ledger
from chemtune.documents.document import Document
from chemtune.tasks.answer import FreeAnswer
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Reply, Request

TASK = FreeAnswer(kind="answer", name="t", title="T", instruction="Answer.")


class Echo:
    """Answers with the document's name; stops short where the document says so."""

    name = "echo"
    concurrency = 4

    def __init__(self) -> None:
        self.asked: list[str] = []

    def canonical(self, request: Request) -> dict[str, Any]:
        return {"document": request.document, "task": request.task}

    async def answer(self, request: Request) -> bytes:
        self.asked.append(request.document)
        return orjson.dumps(request.document)

    def read(self, raw: bytes) -> Reply:
        name = orjson.loads(raw)
        reason = "length" if name == "long" else "stop"
        return Reply(f"It is {name}.", "m", 7, 3, reason)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite") as opened:
        yield opened


def jobs(*names: str) -> list[Job]:
    return make_jobs([Document(n, f"Text {n}.", split="train") for n in names], [TASK], set())


def test_examples_come_in_the_order_of_the_jobs(journal: Journal) -> None:
    names = [f"d{i}" for i in range(40)]
    ledger = Ledger()
    examples, counts = label(jobs(*names), Echo(), journal, ledger)
    assert [example.document for example in examples] == names
    assert [example.answer for example in examples] == [f"It is {name}." for name in names]
    assert (counts.requests_sent, counts.prompt_tokens, counts.completion_tokens) == (40, 280, 120)
    assert ledger.entries == []


def test_a_reply_that_was_cut_off_is_rejected_though_it_reads(journal: Journal) -> None:
    ledger = Ledger()
    examples, _ = label(jobs("long", "short"), Echo(), journal, ledger)
    assert [example.document for example in examples] == ["short"]
    (entry,) = ledger.entries
    assert (entry.document, entry.reason, entry.reply) == ("long", "reply cut off", "It is long.")
    assert entry.detail.endswith("after 3 tokens; raise teacher.max_tokens")


def test_a_document_that_brings_its_answer_is_not_asked_for(journal: Journal) -> None:
    teacher = Echo()
    known = Job(Document("known", "What?", fields={"answer": "Pt"}, split="test"), TASK)
    examples, _ = label([known, *jobs("asked")], teacher, journal, Ledger())
    assert teacher.asked == ["asked"]
    assert [(e.answer, e.teacher) for e in examples] == [
        ("Pt", "document"),
        ("It is asked.", "echo"),
    ]


def test_a_job_is_made_once() -> None:
    taken: set[tuple[str, str]] = set()
    other = TASK.model_copy(update={"name": "u"})
    documents = [Document("a", "x"), Document("b", "y")]
    first = make_jobs(documents, [TASK], taken)
    second = make_jobs(documents[:1], [TASK, other], taken)
    assert [job.key for job in first] == [("a", "t"), ("b", "t")]
    assert [job.key for job in second] == [("a", "u")]
