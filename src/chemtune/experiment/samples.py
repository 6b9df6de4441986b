"""Held-out examples to look at: chosen by nobody, and read as the evaluation reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chemtune.dataset.example import Example
from chemtune.tasks.reading import excerpt
from chemtune.tasks.task import Task, Unreadable

HOW_CHOSEN = (
    "The tasks take turns until there are ten; within a task, examples come in the order of a hash "
    "over their id. Replies have no part in the choice."
)


@dataclass(frozen=True)
class Reply:
    """A reply with its reading.

    Attributes:
        side: "before" or "after".
        text: The reply, or None where the example was not asked.
        verdict: "readable", "unreadable: ...", or "" where its task is not known.
        remark: What cut it short, or "".
        scores: What it scored, by measure; nothing where it was not scored.
    """

    side: str
    text: str | None
    verdict: str = ""
    remark: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        """Whether the task's parser could read it."""
        return self.verdict == "readable"


@dataclass(frozen=True)
class Sample:
    """A held-out example with the replies to it, before and after."""

    example: Example
    title: str
    replies: tuple[Reply, ...]


def choose(examples: Sequence[Example], count: int) -> list[Example]:
    """Return `count` examples, as evenly over the tasks as can be, in the order of the tasks.

    The choice depends on the examples' ids alone.
    """
    by_task: dict[str, list[Example]] = {}
    for example in examples:
        by_task.setdefault(example.task, []).append(example)
    turns = [
        (turn, place, example)
        for place, of_task in enumerate(by_task.values())
        for turn, example in enumerate(sorted(of_task, key=_draw))
    ]
    chosen = sorted(turns, key=lambda t: t[:2])[:count]
    return [example for _, _, example in sorted(chosen, key=lambda t: (t[1], t[0]))]


def make_samples(
    examples: Sequence[Example],
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]],
    tasks: Mapping[str, Task],
    count: int,
    scores: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None,
) -> list[Sample]:
    """Return `count` examples with their replies.

    Args:
        examples: The test split.
        rows: By side, the rows of the held-out answers by example id.
        tasks: By name; a reply to a task that is not there is shown without a verdict.
        count: How many.
        scores: By side and example id, what each reply scored, by measure.
    """
    of_sides = scores or {}
    asked = [e for e in examples if any(e.id in of_side for of_side in rows.values())]
    return [
        Sample(
            example,
            tasks[example.task].title if example.task in tasks else example.task,
            tuple(
                _reply(
                    side,
                    of_side.get(example.id),
                    tasks.get(example.task),
                    of_sides.get(side, {}).get(example.id, {}),
                )
                for side, of_side in rows.items()
            ),
        )
        for example in choose(asked, count)
    ]


def read_reply(task: Task | None, text: str) -> str:
    """Return "readable" or "unreadable: ..." as the task's parser finds; "" without a task."""
    if task is None:
        return ""
    try:
        task.read(text)
    except Unreadable as error:
        # The reply itself is shown, so the message need not quote it.
        return f"unreadable: {str(error).removesuffix(f': {excerpt(text)}')}"
    return "readable"


def _reply(
    side: str, row: Mapping[str, Any] | None, task: Task | None, scores: Mapping[str, float]
) -> Reply:
    if row is None:
        return Reply(side, None)
    remarks = {None: "the prompt is longer than the model's context", False: "cut off at the limit"}
    remark = remarks.get(row["ended"], "")
    return Reply(side, row["reply"], read_reply(task, row["reply"]), remark, scores)


def _draw(example: Example) -> str:
    return hashlib.sha256(f"sample {example.id}".encode()).hexdigest()
