from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import pytest

from chemtune.checks.policy import Rule
from chemtune.dataset.assemble import Outcome, assemble
from chemtune.dataset.gather import Bought, gather
from chemtune.dataset.job import Job, jobs_of
from chemtune.dataset.prepared import Prepared
from chemtune.dataset.review.verdicts import Verdict
from chemtune.dataset.reviewed import Reviewed
from chemtune.documents.document import Document
from chemtune.domains import find_domain
from chemtune.tasks.answer import FreeAnswer
from chemtune.tasks.load import load_tasks
from chemtune.teachers.ask import AskedCounts
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Reply, Request

TASK = FreeAnswer(kind="answer", name="t", title="T", instruction="Answer.", max_words=4)


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
        return Reply(f"It is {name}.", "m-2026", 7, 3, reason)

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
    documents = [Document(n, f"Text {n}.", split="train") for n in names]
    return list(jobs_of([Prepared(d, 0, ("t",)) for d in documents], {"t": TASK}, seed=0))


def built(
    asked: list[Job], journal: Journal, rules: dict[str, Rule] | None = None
) -> tuple[list[Outcome], AskedCounts, Echo]:
    """Ask Echo, then assemble."""
    teacher = Echo()
    bought = Bought(teacher, journal)
    requests = [job.request() for job in asked if job.known() is None]
    counts = gather(bought, requests, len(requests))
    return list(assemble(asked, [bought], rules or {})), counts, teacher


def test_examples_come_in_the_order_of_the_jobs(journal: Journal) -> None:
    names = [f"d{i}" for i in range(40)]
    outcomes, counts, _ = built(jobs(*names), journal)
    examples = [outcome.example for outcome in outcomes if outcome.example]
    assert [example.document for example in examples] == names
    assert [example.answer for example in examples] == [f"It is {name}." for name in names]
    assert (counts.requests_sent, counts.prompt_tokens, counts.completion_tokens) == (40, 280, 120)


def test_an_example_says_where_it_comes_from(journal: Journal) -> None:
    ((outcome,), _, _) = built(jobs("d"), journal)
    example = outcome.example
    assert example is not None
    assert (example.model, example.prompt_tokens, example.completion_tokens) == ("m-2026", 7, 3)
    assert len(example.prompt_sha256) == 64
    assert journal.get(example.reply_key) == b'"d"'


def test_a_reply_that_was_cut_off_is_rejected_though_it_reads(journal: Journal) -> None:
    (long, short), _, _ = built(jobs("long", "short"), journal)
    assert short.example is not None
    entry = long.entry
    assert entry is not None
    assert (entry.document, entry.reason, entry.reply) == ("long", "reply cut off", "It is long.")
    assert entry.detail.endswith("after 3 tokens; raise teacher.max_tokens")


def test_a_document_that_brings_its_answer_is_not_asked_for(journal: Journal) -> None:
    known = Job(Document("known", "What?", fields={"answer": "Pt"}, split="test"), TASK)
    outcomes, _, teacher = built([known, *jobs("asked")], journal)
    assert teacher.asked == ["asked"]
    examples = [outcome.example for outcome in outcomes if outcome.example]
    assert [(e.answer, e.teacher) for e in examples] == [
        ("Pt", "document"),
        ("It is asked.", "echo"),
    ]


def test_without_a_reply_in_the_journal_there_is_an_entry(journal: Journal) -> None:
    (outcome,) = assemble(
        jobs("a"), [Bought(Echo(), journal, refused={("a", "t"): "too rude"})], {}
    )
    assert outcome.entry is not None
    assert (outcome.entry.stage, outcome.entry.detail) == ("teacher", "too rude")
    (outcome,) = assemble(jobs("a"), [Bought(Echo(), journal)], {})
    assert outcome.entry is not None
    assert outcome.entry.detail == "the journal holds no reply"


@pytest.mark.parametrize(
    ("rule", "accepted", "severities"),
    [
        (None, False, ["error"]),
        (Rule(severity="warning"), True, ["warning"]),
        (Rule(action="keep"), True, ["error"]),
        (Rule(action="ignore"), True, []),
        (Rule(severity="warning", action="reject"), False, ["warning"]),
    ],
)
def test_a_rule_says_what_is_done_about_a_finding(
    journal: Journal, rule: Rule | None, accepted: bool, severities: list[str]
) -> None:
    rules = {} if rule is None else {"length": rule}
    (outcome,), _, _ = built(jobs("a b c d"), journal, rules)
    assert (outcome.example is not None) == accepted
    assert (outcome.entry is None) == accepted
    assert [finding.severity for finding in outcome.findings] == severities


def test_a_value_is_dropped_where_the_rule_says_so(journal: Journal) -> None:
    task = load_tasks(find_domain("chemistry").task_folder)["named_entities"]
    reply = json.dumps({"chemical": ["Pt", "Ru"], "material": [], "property": [], "value": []})

    class Says(Echo):
        async def answer(self, request: Request) -> bytes:
            return orjson.dumps(request.document)

        def read(self, raw: bytes) -> Reply:
            return Reply(f"Sure: {reply}", "m")

    job = Job(Document("d", "Pt on carbon.", split="train"), task)
    bought = Bought(Says(), journal)
    gather(bought, [job.request()], 1)
    (rejected,) = assemble([job], [bought], {})
    assert rejected.entry is not None
    assert rejected.entry.detail == "chemical 'Ru' does not stand in the document"
    (kept,) = assemble([job], [bought], {"grounding": Rule(action="drop")})
    assert kept.example is not None
    assert json.loads(kept.example.answer)["chemical"] == ["Pt"]
    told = [(f.check, f.message) for f in kept.example.findings if f.severity == "warning"]
    assert told == [
        ("format", "repaired: text around the value was passed over, or it is no strict JSON"),
        ("grounding", "dropped: does not stand in the document"),
    ]
    (strict,) = assemble([job], [bought], {"format": Rule(severity="error")})
    assert strict.entry is not None
    assert strict.entry.reason == "format"


def test_a_person_may_accept_a_reply_that_was_cut_off(journal: Journal) -> None:
    (outcome,), _, teacher = built(jobs("long"), journal)
    item = f"{outcome.job.document.id}-t"
    said = hashlib.sha256(b"It is long.").hexdigest()
    verdict = Verdict(
        item=item,
        document="long",
        task="t",
        decision="accepted",
        answer="",
        author="",
        judged=frozenset([said]),
        reviewers=("Kim",),
        note="",
        at="2026-03-01T10:00:00+00:00",
    )
    people = Reviewed({item: verdict}, {})
    example = people.settle(outcome, Bought(teacher, journal)).example
    assert example is not None
    assert (example.answer, example.model, example.completion_tokens) == (
        "It is long.",
        "m-2026",
        3,
    )
    assert example.findings[-1].message == "accepted by Kim, against: reply cut off"
    assert people.counts()["accepted"] == 1
