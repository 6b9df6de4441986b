"""Gold: answers that people vouch for, and how near the teacher's come to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chemtune.dataset.agreement import Agreement, mean_f1, overlaps
from chemtune.dataset.assemble import Outcome
from chemtune.errors import InputError, Problem, nearest
from chemtune.evaluation.metrics.f1 import Overlap
from chemtune.evaluation.statistics import wilson
from chemtune.tasks.task import Answer, Task, Unreadable
from chemtune.teachers.recorded import Recorded, read_recorded


@dataclass(frozen=True)
class GoldField:
    """How one field of one task compares with gold.

    Attributes:
        task: The task's name.
        field: The metric of items, or the field of a text (equal, case and spaces aside).
        accepted: Whether only answers that the checks accepted are counted; else all are, and one
            that is missing or unreadable has missed every item of the gold.
        examples: How many answers of the gold were compared.
        items: How many items the gold has in them.
        precision: The share of the answer's items that stand in the gold, 0 to 1.
        recall: The share of the gold's items that the answer has.
        f1: Of all items together.
        interval: The 95% interval of `f1`, resampled by example.
    """

    task: str
    field: str
    accepted: bool
    examples: int
    items: int
    precision: float
    recall: float
    f1: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Caught:
    """What the checks did with a task's answers that are not as the gold has them, and with others.

    `wrong` answers differ from the gold in any field; intervals are Wilson's, 95%.
    """

    task: str
    wrong: int
    wrong_rejected: int
    wrong_interval: tuple[float, float]
    right: int
    right_rejected: int
    right_interval: tuple[float, float]


class Gold:
    """Gold answers by document and task, and the comparison with them.

    Args:
        answers: By the names of document and task.
    """

    def __init__(self, answers: Mapping[tuple[str, str], Answer]) -> None:
        self.answers = dict(answers)
        self._all, self._accepted = Agreement(), Agreement()
        self._counts: Counter[tuple[str, bool, bool]] = Counter()
        self._met: set[tuple[str, str]] = set()

    @classmethod
    def read(cls, files: Sequence[Path], tasks: Mapping[str, Task]) -> Gold:
        """Read gold from JSON Lines of `document`, `task` and `reply`, in the task's format.

        Raises:
            InputError: With all faults of the files.
        """
        problems: list[Problem] = []
        answers: dict[tuple[str, str], Answer] = {}
        for file in files:
            for one in read_recorded(file, problems):
                answer = _answer(one, tasks, problems)
                if answer is not None:
                    answers[one.document, one.task] = answer
        if not answers and not problems:
            problems.append(Problem("holds no gold answer", files[0] if files else None))
        if problems:
            raise InputError(*problems)
        return cls(answers)

    def right(self, outcome: Outcome) -> bool | None:
        """Whether an outcome's answer is the gold's in every field; None where there is no gold."""
        gold = self.answers.get(outcome.job.key)
        if gold is None:
            return None
        answer = outcome.answer
        return answer is not None and mean_f1(overlaps(outcome.job.task, answer, gold)) == 1.0

    def add(self, outcome: Outcome) -> None:
        """Compare what became of a job with its gold, where there is some."""
        task, gold = outcome.job.task, self.answers.get(outcome.job.key)
        if gold is None:
            return
        self._met.add(outcome.job.key)
        accepted = outcome.example is not None
        if outcome.answer is None:
            found = {name: _missed(o) for name, o in overlaps(task, gold, gold).items()}
        else:
            found = overlaps(task, outcome.answer, gold)
            self._counts[task.name, mean_f1(found) == 1.0, accepted] += 1
        self._all.add(task.name, found)
        if accepted:
            self._accepted.add(task.name, found)

    def fields(self) -> Iterator[GoldField]:
        """Yield the fields of each task: of all answers, then of the accepted ones."""
        for accepted, gathered in ((False, self._all), (True, self._accepted)):
            totals = gathered.totals()
            for one in gathered.fields():
                found, missed, invented = totals[one.task, one.field]
                yield GoldField(
                    task=one.task,
                    field=one.field,
                    accepted=accepted,
                    examples=one.examples,
                    items=found + missed,
                    precision=found / (found + invented) if found + invented else 1.0,
                    recall=found / (found + missed) if found + missed else 1.0,
                    f1=one.f1,
                    interval=one.interval,
                )

    def caught(self) -> Iterator[Caught]:
        """Yield what the checks did, by task."""
        for task in dict.fromkeys(task for task, _, _ in self._counts):
            wrong, right = (
                (self._counts[task, is_right, False], self._counts[task, is_right, True])
                for is_right in (False, True)
            )
            yield Caught(
                task,
                sum(wrong),
                wrong[0],
                wilson(wrong[0], sum(wrong)),
                sum(right),
                right[0],
                wilson(right[0], sum(right)),
            )

    def report(self) -> dict[str, Any]:
        """Return the comparison as JSON data."""
        return {
            "answers": len(self.answers),
            "fields": [asdict(one) for one in self.fields()],
            "caught": [asdict(one) for one in self.caught()],
            "unmet": [f"{document}, {task}" for document, task in self.unmet],
        }

    @property
    def unmet(self) -> list[tuple[str, str]]:
        """The documents and tasks of the gold that the build does not have."""
        return [key for key in self.answers if key not in self._met]


def _answer(one: Recorded, tasks: Mapping[str, Task], problems: list[Problem]) -> Answer | None:
    task = tasks.get(one.task)
    if task is None:
        remedy = nearest(one.task, list(tasks))
        problems.append(Problem(f"unknown task {one.task!r}", one.file, one.line, "task", remedy))
        return None
    try:
        return task.read(one.reply)
    except Unreadable as error:
        remedy = "write it as the task asks for it"
        problems.append(Problem(f"no answer: {error}", one.file, one.line, "reply", remedy))
        return None


def _missed(whole: Overlap) -> Overlap:
    return Overlap(0, whole.found, 0)
