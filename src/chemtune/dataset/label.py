"""Asking the teacher, and reading and checking what it says: from documents to examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chemtune.checks.finding import errors
from chemtune.dataset.example import Example
from chemtune.dataset.ledger import Entry, Ledger
from chemtune.documents.document import Document
from chemtune.progress import progress
from chemtune.tasks.task import Answer, Task, Unreadable
from chemtune.teachers.ask import Asked, AskedCounts, ask_all
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Request, Teacher


@dataclass(frozen=True)
class Job:
    """One document with one of its tasks."""

    document: Document
    task: Task

    @property
    def key(self) -> tuple[str, str]:
        """The document's and the task's name."""
        return self.document.name, self.task.name


def label(
    jobs: list[Job], teacher: Teacher, journal: Journal, ledger: Ledger
) -> tuple[list[Example], AskedCounts]:
    """Return the examples that were accepted, in the order of `jobs`, and what it took.

    Args:
        jobs: What to label; no (document, task) twice.
        teacher: Asked for each job whose document does not bring its answer.
        journal: Holds the replies; a reply in it is not asked for again.
        ledger: Takes what is rejected.
    """
    examples: dict[tuple[str, str], Example] = {}
    by_key = {job.key: job for job in jobs}

    def keep(example: Example | None) -> None:
        if example is not None:
            examples[example.document, example.task] = example

    def requests() -> Iterator[Request]:
        for job in jobs:
            if job.task.known(job.document) is None:
                yield Request(job.task.name, job.document.name, tuple(job.task.ask(job.document)))

    for job in jobs:
        known = job.task.known(job.document)
        if known is not None:
            keep(accept(job, known, teacher="document", reply_key="", reply="", ledger=ledger))
    total = sum(job.task.known(job.document) is None for job in jobs)
    with progress(f"Asking the teacher ({teacher.name})", total, "requests") as advance:

        def on_done(asked: Asked) -> None:
            job = by_key[asked.request.document, asked.request.task]
            keep(_read(job, asked, teacher.name, ledger))
            advance(note="from the journal" if asked.from_journal else "")

        counts = ask_all(teacher, requests(), journal, on_done=on_done)
    return [examples[job.key] for job in jobs if job.key in examples], counts


def _read(job: Job, asked: Asked, teacher: str, ledger: Ledger) -> Example | None:
    if asked.reply is None:
        detail = asked.refused or "no reply"
        ledger.add(Entry("teacher", "rejected", *job.key, "refused by the teacher", detail))
        return None
    text = asked.reply.text
    if asked.reply.finish_reason == "length":
        tokens = asked.reply.completion_tokens
        detail = f"the reply was cut off after {tokens} tokens; raise teacher.max_tokens"
        ledger.add(Entry("reading", "rejected", *job.key, "reply cut off", detail, text))
        return None
    try:
        answer = job.task.read(text)
    except Unreadable as error:
        ledger.add(Entry("reading", "rejected", *job.key, "unreadable reply", str(error), text))
        return None
    return accept(job, answer, teacher=teacher, reply_key=asked.key, reply=text, ledger=ledger)


def accept(
    job: Job, answer: Answer, *, teacher: str, reply_key: str, reply: str, ledger: Ledger
) -> Example | None:
    """Check an answer; return its example, or None with an entry in the ledger."""
    document, task = job.document, job.task
    findings = task.check(answer, document)
    wrong = errors(findings)
    if wrong:
        detail = "; ".join(f"{f.field} {f.value!r} {f.message}" for f in wrong[:5])
        ledger.add(Entry("checks", "rejected", *job.key, wrong[0].check, detail, reply))
        return None
    return Example(
        document_id=document.id,
        document=document.name,
        task=task.name,
        split=document.split,
        messages=task.write(document),
        answer=task.render(answer),
        language=task.language,
        source=document.source,
        licence=document.licence,
        teacher=teacher,
        reply_key=reply_key,
        findings=findings,
    )


def make_jobs(
    documents: Iterable[Document], tasks: list[Task], taken: set[tuple[str, str]]
) -> list[Job]:
    """Return a job for every document and task that `taken` does not hold yet; fills `taken`."""
    jobs = []
    for document in documents:
        for task in tasks:
            job = Job(document, task)
            if job.key not in taken:
                taken.add(job.key)
                jobs.append(job)
    return jobs
