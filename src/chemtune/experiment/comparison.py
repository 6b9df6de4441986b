"""Before and after, side by side: the rows that the terminal's table and the report show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chemtune.evaluation.statistics import wilson
from chemtune.experiment.card import TEXTS, Card, Rows, exams_of, names
from chemtune.experiment.exam_comparison import ExamComparison, compare_exam
from chemtune.experiment.measure import SIDES, Measure, Side, share
from chemtune.experiment.task_comparison import TaskComparison, compare_task


@dataclass(frozen=True)
class Comparison:
    """Everything that was measured; `sides` are those that were measured at all."""

    sides: tuple[Side, ...] = ()
    tasks: tuple[TaskComparison, ...] = ()
    exams: tuple[ExamComparison, ...] = ()

    @property
    def rows(self) -> list[tuple[str, Measure]]:
        """Every measure with the title of its task or question set."""
        of_tasks = [(task.title, m) for task in self.tasks for m in task.measures]
        return of_tasks + [(exam.name, m) for exam in self.exams for m in exam.measures]

    @property
    def readable(self) -> Measure:
        """Readable replies over all tasks."""
        figures = []
        for index in range(len(SIDES)):
            of_tasks = [task.readable for task in self.tasks if task.readable is not None]
            shares = [s for readable in of_tasks if (s := readable.sides[index]) is not None]
            count, total = sum(s.count or 0 for s in shares), sum(s.total or 0 for s in shares)
            figures.append(share(count, total, wilson(count, total)) if total else None)
        return Measure("readable", *figures)


def compare(
    scores: Mapping[str, Card], predictions: Mapping[str, Mapping[str, Rows]]
) -> Comparison:
    """Compare what `evaluate` measured before and after tuning.

    Args:
        scores: What `evaluate` returned: "before", "after", or both.
        predictions: By side and question set (as `exams_of` names them), the rows of its prediction
            file; a set that is not there has no paired test.
    """
    cards = [scores.get(side) or {} for side in SIDES]
    answered = [predictions.get(side) or {} for side in SIDES]
    tasks = [
        compare_task(name, _both(cards, "tasks", name))
        for name in names(card.get("tasks") for card in cards)
    ]
    texts = [card.get(TEXTS) or None for card in cards]
    if any(texts):
        tasks.append(compare_task(TEXTS, texts))
    asked = [exams_of(card.get("questions")) for card in cards]
    exams = [
        compare_exam(name, [of.get(name) for of in asked], [rows.get(name) for rows in answered])
        for name in names(asked)
    ]
    measured = tuple(side for side in SIDES if scores.get(side))
    return Comparison(measured, tuple(tasks), tuple(exams))


def _both(cards: list[Card], part: str, name: str) -> list[Card | None]:
    return [(card.get(part) or {}).get(name) for card in cards]
