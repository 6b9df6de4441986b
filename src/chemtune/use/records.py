"""Records: the rows of a table, one for each thing that an answer extracts from its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from chemtune.checks.finding import Finding
from chemtune.checks.policy import Rule, judged
from chemtune.documents.document import Document
from chemtune.documents.sentences import sentences
from chemtune.tasks.task import Answer, Task
from chemtune.use.items import Item, concerned, items_of
from chemtune.use.measured import Measured, measure


@dataclass(frozen=True)
class Record:
    """One row.

    Attributes:
        document_id: The whole document's id.
        document: Its name.
        source: Where it comes from.
        chunk: The name of the part of it that was asked about, or "".
        page: The page that the text stands on, from 1, where there are pages.
        section: The heading of its section, or "".
        task: The task.
        field: The field of the answer: "IEC", "Q1", "keywords".
        property: What the task calls the field: "ion exchange capacity"; or "".
        material: The material that a value belongs to, or "".
        answer: What the model says.
        text: The same as the document writes it, or "" where it stands nowhere.
        start: Offset of that in the whole document's title and text, a line break between them.
        end: Offset past it.
        sentence: The sentence that it stands in.
        number: Of a quantity: its number, or the lower end of a range.
        high: The upper end of a range.
        uncertainty: What stands behind "±".
        unit: The unit of the three, the same for all rows of a property where it can be converted.
        qualifier: "~", "<", "up to" and the like.
        condition: "80 °C" of "98 mS/cm at 80 °C".
        status: "accepted", "rejected" or "unreadable".
        reason: Why it is not accepted.
        findings: What else the checks say.
        reply_key: The key of the raw answer in the journal.
    """

    document_id: str
    document: str
    source: str
    chunk: str
    page: int | None
    section: str
    task: str
    field: str
    property: str
    material: str
    answer: str
    text: str
    start: int | None
    end: int | None
    sentence: str
    number: float | None
    high: float | None
    uncertainty: float | None
    unit: str
    qualifier: str
    condition: str
    status: str
    reason: str
    findings: tuple[Finding, ...]
    reply_key: str


COLUMNS = tuple(field.name for field in fields(Record))


def records_of(
    document: Document,
    task: Task,
    answer: Answer,
    rules: Mapping[str, Rule],
    *,
    reply: str,
    key: str,
) -> list[Record]:
    """Return the rows of an answer, checked against its document.

    A finding that rejects rejects the rows that it is about, and not the whole answer: a wrong
    value says nothing of the one beside it. One about the whole answer rejects all of it, unless it
    is about its form.

    Args:
        document: The document, or the chunk of one.
        task: What was asked.
        answer: What was read out of the reply.
        rules: What is done about the findings of each check.
        reply: The reply, which may depart from the format.
        key: The reply's key in the journal.
    """
    items = items_of(task, answer)
    findings = task.check(answer, document)
    departed = task.departures(reply)
    if departed:
        findings.append(Finding("format", "warning", "", "", f"repaired: {departed}"))
    of_items: list[list[Finding]] = [[] for _ in items]
    for finding in findings:
        for number in concerned(items, finding):
            of_items[number].append(finding)
    pieces = sentences(document.content)
    return [
        _record(document, task, item, of_item, rules, pieces, key)
        for item, of_item in zip(items, of_items, strict=True)
    ]


def unreadable(document: Document, task: Task, reason: str, key: str) -> Record:
    """Return the row of an answer that could not be read."""
    return _row(document, task, answer="", status="unreadable", reason=reason, key=key)


def _record(
    document: Document,
    task: Task,
    item: Item,
    findings: Sequence[Finding],
    rules: Mapping[str, Rule],
    pieces: Sequence[tuple[int, str]],
    key: str,
) -> Record:
    of_rules = judged([_of_value(finding, rules) for finding in findings], rules)
    wrong = [*of_rules.rejecting, *of_rules.dropping]
    stands = [f for f in findings if f.severity == "grounded" and f.start is not None]
    exact = [f for f in stands if f.value == item.value]
    # A phrase whose parts stand apart has the place of its first part.
    span = next(((f.start, f.end) for f in [*exact, *_parts(item, stands)]), (None, None))
    kept = [f for f in of_rules.kept if f.severity != "grounded" and f not in wrong[:1]]
    return _row(
        document,
        task,
        item=item,
        answer=item.value,
        span=span,
        sentence=_sentence(pieces, span[0]),
        measured=measure(item.value, item.units) if item.quantity else Measured(),
        status="rejected" if wrong else "accepted",
        reason=said(wrong[0]) if wrong else "",
        findings=tuple(kept),
        key=key,
    )


def _of_value(finding: Finding, rules: Mapping[str, Rule]) -> Finding:
    """A finding as it counts for one value: that there are too few of them is no fault of it."""
    if finding.check == "format" and not finding.value and "format" not in rules:
        return replace(finding, severity="warning")
    return finding


def _parts(item: Item, stands: Sequence[Finding]) -> list[Finding]:
    """The places of parts of an item that is a phrase; a condition is no part of a quantity."""
    return [] if item.quantity else [f for f in stands if f.value in item.value]


def said(finding: Finding) -> str:
    """Return a finding in words, its check first: "grounding: 'Pt' does not stand in ..."."""
    value = f"{finding.value!r} " if finding.value else ""
    return f"{finding.check}: {value}{finding.message}"


def _row(
    document: Document,
    task: Task,
    *,
    answer: str,
    status: str,
    key: str,
    item: Item | None = None,
    span: tuple[int | None, int | None] = (None, None),
    sentence: str = "",
    measured: Measured | None = None,
    reason: str = "",
    findings: tuple[Finding, ...] = (),
) -> Record:
    measured = measured or Measured()
    start, end = span
    # What every chunk shows before its text: the title and a line break, or nothing.
    before = len(document.content) - len(document.text)
    page, section = _page_and_section(document, start, before)
    return Record(
        document_id=document.parent or document.id,
        document=document.name.rpartition("#")[0] if document.parent else document.name,
        source=document.source,
        chunk=document.name if document.parent else "",
        page=page,
        section=section,
        task=task.name,
        field=item.field if item else "",
        property=item.title if item else "",
        material=item.material if item else "",
        answer=answer,
        text="" if start is None else document.content[start:end],
        start=_in_whole(document, start, before),
        end=_in_whole(document, end, before),
        sentence=sentence,
        number=measured.number,
        high=measured.high,
        uncertainty=measured.uncertainty,
        unit=measured.unit,
        qualifier=measured.qualifier,
        condition=measured.condition,
        status=status,
        reason=reason,
        findings=findings,
        reply_key=key,
    )


def _page_and_section(
    document: Document, offset: int | None, before: int
) -> tuple[int | None, str]:
    layout = document.layout
    if offset is None:
        return None, ""
    if offset < before:  # in the title
        return (1 if layout.pages else None), ""
    return layout.page(offset - before), layout.section(offset - before)


def _in_whole(document: Document, offset: int | None, before: int) -> int | None:
    """An offset into a chunk's title and text as one into the whole document's."""
    if offset is None or offset < before:
        return offset  # in the title, which every chunk has
    return offset + document.offset


def _sentence(pieces: Sequence[tuple[int, str]], at: int | None) -> str:
    if at is None:
        return ""
    return next((text.strip() for start, text in reversed(pieces) if start <= at), "")
