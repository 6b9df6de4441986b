"""Job: one document with one of its tasks, as it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chemtune.dataset.prepared import Prepared
from chemtune.documents.document import Document
from chemtune.tasks.task import Answer, Task
from chemtune.tasks.wording import draw_wording
from chemtune.teachers.teacher import Request


@dataclass(frozen=True)
class Job:
    """One document with one of its tasks.

    Attributes:
        document: The document.
        task: The task.
        wording: The number of the instruction's wording.
        part: The number of the recipe's source, which tells the teacher.
    """

    document: Document
    task: Task
    wording: int = 0
    part: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """The document's and the task's name: unique in a build."""
        return self.document.name, self.task.name

    def known(self) -> Answer | None:
        """Return the answer that the document brings; then no teacher is asked."""
        return self.task.known(self.document)

    def request(self) -> Request:
        """Return what is asked of the teacher."""
        messages = tuple(self.task.ask(self.document, self.wording))
        return Request(self.task.name, self.document.name, messages, self.task.reply_schema())


def jobs_of(prepared: Iterable[Prepared], tasks: Mapping[str, Task], *, seed: int) -> Iterator[Job]:
    """Yield a job for every task of every document, its wording drawn by `seed`."""
    for one in prepared:
        for name in one.tasks:
            task = tasks[name]
            yield Job(one.document, task, draw_wording(task, one.document.id, seed), one.part)
