"""Rows of a table out of the answers in the journal, each answer read and checked by its task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chemtune.checks.policy import Rule
from chemtune.dataset.ledger import Entry, Ledger
from chemtune.documents.document import Document
from chemtune.tasks.task import Task, Unreadable
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.teacher import Request, RequestRefused
from chemtune.use.answering import Answered
from chemtune.use.records import COLUMNS, Record, records_of, unreadable
from chemtune.use.table import Write
from chemtune.use.tuned import TunedModel


def request_of(document: Document, task: Task) -> Request:
    """Return the prompt of a task about a document."""
    return Request(task.name, document.name, tuple(task.write(document)))


@dataclass
class RowMaker:
    """Makes the rows of one answer after the other, and counts them."""

    model: TunedModel
    journal: Journal
    answered: Answered
    rules: Mapping[str, Rule]
    ledger: Ledger
    statuses: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    _document: str = ""
    _met: set[tuple[object, ...]] = field(default_factory=set)

    def write(self, document: Document, task: Task, write: Write) -> None:
        """Write the rows of a task's answer about a document, or say why there are none."""
        for record in self._records(document, task):
            if self._is_repeated(record):
                detail = f"{record.field} {record.answer!r} stands in the chunk before too"
                self._leave_out("checks", document, task, "repeated record", detail)
                continue
            self.statuses[record.status] += 1
            if record.status == "rejected":
                self.rejected[record.reason.partition(":")[0]] += 1
            write({name: getattr(record, name) for name in COLUMNS})

    def left_out(self) -> Iterator[tuple[str, int]]:
        """Yield what has no record, by reason; unreadable answers have one."""
        for reason, count in self.ledger.by_reason().items():
            if reason not in self.unreadable:
                yield reason, count

    def _records(self, document: Document, task: Task) -> list[Record]:
        try:
            key = key_of(self.model.canonical(request_of(document, task)))
            raw = self.journal.get(key)
            if raw is None:
                detail = self.answered.refused.get(key, "the journal holds no answer")
                self._leave_out("tokens", document, task, "too long", detail)
                return []
            reply = self.model.read(raw)
        except RequestRefused as error:
            self._leave_out("reading", document, task, "no answer", error.reason)
            return []
        if reply.finish_reason == "length":
            why = f"it is longer than {self.model.max_tokens} tokens; raise --max-tokens"
            return [self._unreadable(document, task, "cut off", why, reply.text, key)]
        try:
            answer = task.read(reply.text)
        except Unreadable as error:
            return [self._unreadable(document, task, "unreadable", str(error), reply.text, key)]
        records = records_of(document, task, answer, self.rules, reply=reply.text, key=key)
        if not records:
            detail = "the model names nothing in it"
            self._leave_out("reading", document, task, "nothing found", detail, reply.text)
        return records

    def _unreadable(
        self, document: Document, task: Task, reason: str, why: str, reply: str, key: str
    ) -> Record:
        self.unreadable[reason] += 1
        self._leave_out("reading", document, task, reason, why, reply)
        return unreadable(document, task, f"{reason}: {why}", key)

    def _leave_out(
        self, stage: Any, document: Document, task: Task, reason: str, detail: str, reply: str = ""
    ) -> None:
        entry = Entry(stage, "rejected", document.name, task.name, reason, detail, reply)
        self.ledger.add(entry)

    def _is_repeated(self, record: Record) -> bool:
        """Whether an earlier chunk has the same at the same place, where chunks overlap."""
        if record.start is None or not record.chunk:
            return False
        if record.document_id != self._document:
            self._document, self._met = record.document_id, set()
        place = (record.task, record.field, record.material, record.start, record.end)
        known = place in self._met
        self._met.add(place)
        return known
