"""A walk through a recipe's documents, as a build would take them, with a limit of time."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from chemtune.dataset.example import Example
from chemtune.dataset.job import Job, jobs_of
from chemtune.dataset.ledger import Ledger
from chemtune.dataset.loads import Loads
from chemtune.dataset.plan import Plan
from chemtune.errors import ChemtuneError
from chemtune.recipe.schema import AnyTeacher

PATIENCE_S = 20.0
# Jobs that are kept for counting tokens, and for looking into the journal.
MOST_JOBS = 5000


@dataclass
class Survey:
    """What was met.

    Attributes:
        loads: What each teacher is asked.
        teachers: The teacher of each part of the documents, by the number that jobs have.
        languages: Documents by language.
        splits: Documents by split.
        licences: Examples by the licence of their document.
        jobs: The first ones.
        count: All of them.
        known: Those that bring their answer.
        ledger: What is left out or cut.
        whole: Whether the walk came to its end in time.
        fault: What ended it, or None.
    """

    loads: Loads
    teachers: list[AnyTeacher]
    languages: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    jobs: list[Job] = field(default_factory=list)
    count: int = 0
    known: int = 0
    ledger: Ledger = field(default_factory=Ledger)
    whole: bool = True
    fault: ChemtuneError | None = None

    @property
    def documents(self) -> int:
        """The documents that can be used."""
        return sum(self.languages.values())

    @property
    def part(self) -> str:
        """What to say of a walk that was not to its end, else ""."""
        return "" if self.whole else f" (of what was read in {PATIENCE_S:.0f} s)"

    def examples(self) -> list[Example]:
        """Return the jobs as examples; an answer that the teacher is to write is empty."""
        return [_example(job) for job in self.jobs]


def survey(plan: Plan) -> Survey:
    """Walk through the documents of a plan; a fault in one ends the walk, and is kept."""
    met, until = Survey(Loads(plan), plan.teachers), time.monotonic() + PATIENCE_S
    seen: set[str] = set()
    try:
        for prepared in plan.prepared(met.ledger):
            document = prepared.document
            if document.id not in seen:
                seen.add(document.id)
                met.languages[document.language] += 1
                met.splits[document.split] += 1
            met.licences[document.licence] += len(prepared.tasks)
            for job in jobs_of([prepared], plan.tasks, seed=plan.recipe.seed):
                _add(met, job)
            if time.monotonic() > until:
                met.whole = False
                break
    except ChemtuneError as error:
        met.fault = error
    return met


def _add(met: Survey, job: Job) -> None:
    met.count += 1
    if len(met.jobs) < MOST_JOBS:
        met.jobs.append(job)
    if job.known() is None:
        met.loads.add(job)
    else:
        met.known += 1


def _example(job: Job) -> Example:
    document, task, answer = job.document, job.task, job.known()
    return Example(
        document_id=document.id,
        document=document.name,
        task=task.name,
        split=document.split,
        messages=task.write(document, job.wording),
        answer="" if answer is None else task.render(answer),
        language=task.language,
        source=document.source,
        licence=document.licence,
        teacher="",
    )
