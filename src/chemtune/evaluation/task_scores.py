"""Scores of the tasks on held-out documents; replies are read as the teacher's are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from chemtune.dataset.example import Example
from chemtune.dataset.rows import rows_written
from chemtune.evaluation.losses import BITS_PER_BYTE, loss_part
from chemtune.evaluation.metrics.measures import Measured, measure
from chemtune.evaluation.metrics.part import Part
from chemtune.evaluation.statistics import ratio_interval, wilson
from chemtune.tasks.task import Task, Unreadable

READABLE = "readable"
# What a card says of replies alone.
OF_REPLIES = {"readable", "readable_interval95", "reasons"}
PARTS = pa.schema(
    [
        ("example", pa.string()),
        ("document", pa.string()),
        ("task", pa.string()),
        ("readable", pa.bool_()),
        ("measure", pa.string()),
        ("numerator", pa.float64()),
        ("denominator", pa.float64()),
    ]
)


@dataclass(frozen=True)
class ScoredReply:
    """A reply to one example, measured.

    Attributes:
        example: The example's id.
        document: The id of the document that it is about; of the whole one, where that is a chunk.
        task: The task's name.
        fault: Why the reply could not be read, or "".
        measures: Its part of each measure.
    """

    example: str
    document: str
    task: str
    fault: str
    measures: tuple[Measured, ...]

    @property
    def readable(self) -> bool:
        """Whether the reply could be read."""
        return not self.fault


def score_tasks(
    tasks: Mapping[str, Task],
    examples: Sequence[Example],
    replies: Mapping[str, str],
    losses: Mapping[str, dict[str, Any]],
    path: Path,
) -> dict[str, dict[str, Any]]:
    """Score the replies to all tasks, and write each example's part of each measure.

    Of tasks that nothing was replied to, only the loss is measured.

    Args:
        tasks: By name.
        examples: With their reference answers.
        replies: By example id.
        losses: Of the reference answers, by example id (see `text_losses`); those too long for the
            model's context are not there.
        path: The Parquet file to write: a row for each example and measure (see `PARTS`), the
            measure "readable" among them. A measure's value is the sum of `numerator` over that of
            `denominator`, so that two runs can be paired by example.

    Returns:
        The card of each task (see `card_of`) with `parts`, the file.
    """
    cards = {}
    with rows_written(path, PARTS) as rows:
        for name in dict.fromkeys(example.task for example in examples):
            of_task = [example for example in examples if example.task == name]
            replied = of_task[0].id in replies
            scored = (
                score_replies(tasks[name], of_task, [replies[e.id] for e in of_task])
                if replied
                else [_without_reply(example) for example in of_task]
            )
            scored = [_with_loss(one, losses.get(one.example)) for one in scored]
            for one in scored:
                for row in _rows(one):
                    if replied or row["measure"] != READABLE:
                        rows.write(row)
            card = card_of(tasks[name].title, scored)
            if not replied:
                card = {field: value for field, value in card.items() if field not in OF_REPLIES}
            cards[name] = {**card, "parts": str(path)}
    return cards


def _without_reply(example: Example) -> ScoredReply:
    return ScoredReply(example.id, example.parent or example.document_id, example.task, "", ())


def _with_loss(one: ScoredReply, row: dict[str, Any] | None) -> ScoredReply:
    """Add how well the model foresaw the reference answer."""
    loss = Measured(BITS_PER_BYTE, loss_part(row), main=True, better="lower")
    return replace(one, measures=(*one.measures, loss))


def part_row(
    example: str, document: str, task: str, readable: bool, measured: Measured
) -> dict[str, Any]:
    """Return a row of `PARTS`."""
    return {
        "example": example,
        "document": document,
        "task": task,
        "readable": readable,
        "measure": measured.name,
        "numerator": float(measured.part.numerator),
        "denominator": float(measured.part.denominator),
    }


def score_replies(
    task: Task, examples: Sequence[Example], replies: Sequence[str]
) -> list[ScoredReply]:
    """Measure the replies to one task against the reference answers.

    An unreadable reply said nothing: all of its reference is missed.
    """
    scored = []
    for example, reply in zip(examples, replies, strict=True):
        answer, fault = None, ""
        try:
            answer = task.scored(task.read(reply))
        except Unreadable as error:
            # What the reply said stands behind the reason; it would make each one its own.
            fault = str(error).partition(": '")[0]
        reference = task.scored(task.read(example.answer))
        found = measure(reference, answer, task.shown_in(example.messages))
        document = example.parent or example.document_id
        scored.append(ScoredReply(example.id, document, task.name, fault, tuple(found)))
    return scored


def card_of(title: str, scored: Sequence[ScoredReply]) -> dict[str, Any]:
    """Return the card of one task.

    Returns:
        `title`, `total`, `documents` (how many they come from), `readable`, `readable_interval95`
        (Wilson), `reasons` (why replies could not be read, by count) and `measures`: under each
        name `value` (None where no example says anything), `interval95` (bootstrap, by document),
        `examples` (how many say something), `better` ("higher" or "lower"), `main` (whether it
        stands in the first table), `yes_or_no` (whether an example is right or wrong and nothing
        between) and, of an F1 over items, `found`, `missed` and `invented`.
    """
    readable = sum(one.readable for one in scored)
    names = dict.fromkeys(measured.name for one in scored for measured in one.measures)
    return {
        "title": title,
        "total": len(scored),
        "documents": len({one.document for one in scored}),
        "readable": readable,
        "readable_interval95": wilson(readable, len(scored)),
        "reasons": dict(Counter(one.fault for one in scored if one.fault)),
        "measures": {name: _measure(name, scored) for name in names},
    }


def _measure(name: str, scored: Sequence[ScoredReply]) -> dict[str, Any]:
    by_document = [(one.document, m) for one in scored for m in one.measures if m.name == name]
    parts: list[Part] = [measured.part for _, measured in by_document]
    numerators = [part.numerator for part in parts]
    denominators = [part.denominator for part in parts]
    whole = sum(denominators)
    first = by_document[0][1]
    card: dict[str, Any] = {
        "value": sum(numerators) / whole if whole else None,
        "interval95": ratio_interval(numerators, denominators, [of for of, _ in by_document]),
        "examples": sum(denominator > 0 for denominator in denominators),
        "better": first.better,
        "main": any(measured.main for _, measured in by_document),
        "yes_or_no": first.yes_or_no,
    }
    overlaps = [part.overlap for part in parts if part.overlap is not None]
    if overlaps:
        card["found"] = sum(o.found for o in overlaps)
        card["missed"] = sum(o.missed for o in overlaps)
        card["invented"] = sum(o.invented for o in overlaps)
    return card


def _rows(one: ScoredReply) -> list[dict[str, Any]]:
    readable = Measured(READABLE, Part.of_mean(one.readable))
    return [
        part_row(one.example, one.document, one.task, one.readable, measured)
        for measured in (readable, *one.measures)
    ]
