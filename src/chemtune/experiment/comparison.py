"""Before and after, side by side: the rows that the terminal's table and the report show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chemtune.evaluation.statistics import mcnemar, wilson
from chemtune.experiment.measure import SIDES, Figure, Measure, Side, share

Card = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]

# A model that gives one letter more often than this has shown a habit, not knowledge.
FAVOURITE_SHARE = 0.9


@dataclass(frozen=True)
class TaskComparison:
    """A task on the held-out documents.

    Attributes:
        name: The task's name.
        title: Its title.
        readable: How many replies could be read.
        scores: Micro F1 of each kind of item, and chrF++ where there are texts.
        reasons: Why replies could not be read: the reason, and its count before and after.
    """

    name: str
    title: str
    readable: Measure
    scores: tuple[Measure, ...]
    reasons: tuple[tuple[str, int | None, int | None], ...] = ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All rows of the task."""
        return (self.readable, *self.scores)


@dataclass(frozen=True)
class Paired:
    """The same questions before and after, compared by McNemar's exact test.

    Attributes:
        pairs: Questions that both have answered.
        gained: Wrong before, right after.
        lost: Right before, wrong after.
        p: The two-sided probability of a difference at least as large, were there none.
    """

    pairs: int
    gained: int
    lost: int
    p: float

    def __str__(self) -> str:
        p = "< 0.001" if self.p < 0.001 else f"= {self.p:.3f}"
        return f"p {p} ({self.gained} gained, {self.lost} lost, of {self.pairs})"


@dataclass(frozen=True)
class ExamComparison:
    """A set of multiple-choice questions.

    Attributes:
        name: The set's name.
        correct: Right answers, of all.
        macro: Macro F1 over the labels.
        constant: What the best single label would get, always given.
        favourite: The label given most often, of all questions.
        levels: Right answers by level of difficulty.
        permuted: Accuracy over all orders of the options, and the share answered alike in all.
        paired: McNemar's test, where both sides and their predictions are there.
        notes: What the numbers alone do not say.
    """

    name: str
    correct: Measure
    macro: Measure
    constant: Measure
    favourite: Measure
    levels: tuple[Measure, ...] = ()
    permuted: tuple[Measure, ...] = ()
    paired: Paired | None = None
    notes: tuple[str, ...] = ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All rows of the question set."""
        main = (self.correct, self.macro, self.constant, self.favourite)
        return (*main, *self.levels, *self.permuted)


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
            shares = [s for task in self.tasks if (s := task.readable.sides[index]) is not None]
            count, total = sum(s.count or 0 for s in shares), sum(s.total or 0 for s in shares)
            figures.append(share(count, total, wilson(count, total)) if total else None)
        return Measure("readable", *figures)


def compare(
    scores: Mapping[str, Card], predictions: Mapping[str, Mapping[str, Rows]]
) -> Comparison:
    """Compare what `evaluate` measured before and after tuning.

    Args:
        scores: What `evaluate` returned: "before", "after", or both.
        predictions: By side and question set, the rows of its prediction file; a set that is not
            there has no paired test.
    """
    cards = [scores.get(side) or {} for side in SIDES]
    answered = [predictions.get(side) or {} for side in SIDES]
    tasks = [
        _task(name, _both(cards, "tasks", name))
        for name in _names(card.get("tasks") for card in cards)
    ]
    exams = [
        _exam(name, _both(cards, "questions", name), [rows.get(name) for rows in answered])
        for name in _names(card.get("questions") for card in cards)
    ]
    measured = tuple(side for side in SIDES if scores.get(side))
    return Comparison(measured, tuple(tasks), tuple(exams))


def mcnemar_of(before: Rows, after: Rows) -> Paired | None:
    """Return McNemar's exact test over the questions that stand in both, or None if none does."""
    was = {row["id"]: bool(row["correct"]) for row in before}
    pairs = [(was[row["id"]], bool(row["correct"])) for row in after if row["id"] in was]
    if not pairs:
        return None
    gained = sum(now and not then for then, now in pairs)
    lost = sum(then and not now for then, now in pairs)
    p = mcnemar([then for then, _ in pairs], [now for _, now in pairs])
    return Paired(len(pairs), gained, lost, p)


def _names(parts: Iterable[Mapping[str, Any] | None]) -> list[str]:
    return list(dict.fromkeys(name for part in parts for name in part or {}))


def _both(cards: list[Card], part: str, name: str) -> list[Card | None]:
    return [(card.get(part) or {}).get(name) for card in cards]


def _task(name: str, cards: list[Card | None]) -> TaskComparison:
    title = next(str(card["title"]) for card in cards if card)
    readable = [
        share(c["readable"], c["total"], c["readable_interval95"]) if c else None for c in cards
    ]
    metrics = _names(card and card["items"] for card in cards)
    scores = [
        Measure(f"F1 of {metric}", *(_f1(card, metric) for card in cards)) for metric in metrics
    ]
    if any(card and card["texts"] for card in cards):
        scores.append(Measure("chrF++ of texts", *map(_similarity, cards)))
    counts = [card["reasons"] if card else None for card in cards]
    before, after = counts
    reasons = tuple(
        (reason, _count(before, reason), _count(after, reason)) for reason in _names(counts)
    )
    return TaskComparison(name, title, Measure("readable", *readable), tuple(scores), reasons)


def _count(counts: Mapping[str, int] | None, reason: str) -> int | None:
    return None if counts is None else counts.get(reason, 0)


def _f1(card: Card | None, metric: str) -> Figure | None:
    found = card["items"].get(metric) if card else None
    return Figure(found["f1_micro"], tuple(found["interval95"])) if found else None


def _similarity(card: Card | None) -> Figure | None:
    texts = card["texts"] if card else None
    return Figure(texts["chrf"], tuple(texts["interval95"])) if texts else None


def _exam(name: str, cards: list[Card | None], rows: list[Rows | None]) -> ExamComparison:
    before, after = rows
    paired = mcnemar_of(before, after) if before and after else None
    right = [share(c["correct"], c["total"], c["interval95"]) if c else None for c in cards]
    return ExamComparison(
        name=name,
        correct=Measure("right answers", *right),
        macro=Measure("macro F1", *(Figure(c["f1_macro"]) if c else None for c in cards)),
        constant=Measure("best constant answer", *(_most(c, "key") for c in cards)),
        favourite=Measure("most frequent answer", *(_most(c, "answers") for c in cards)),
        levels=tuple(_levels(cards)),
        permuted=tuple(_permuted(cards)),
        paired=paired,
        notes=tuple(_notes(cards, paired)),
    )


def _levels(cards: list[Card | None]) -> list[Measure]:
    by_level = [card.get("levels") or {} if card else {} for card in cards]
    return [
        Measure(
            f"right, {level}",
            *(
                share(f[level]["correct"], f[level]["total"], f[level]["interval95"])
                if level in f
                else None
                for f in by_level
            ),
        )
        for level in _names(by_level)
    ]


def _permuted(cards: list[Card | None]) -> list[Measure]:
    found = [card.get("permuted") if card else None for card in cards]
    if not any(found):
        return []
    names = {"accuracy": "right, over all orders", "consistent": "alike in all orders"}
    return [
        Measure(name, *(Figure(f[key]) if f else None for f in found))
        for key, name in names.items()
    ]


def _most(card: Card | None, counts: str) -> Figure | None:
    """The most frequent label among a card's `answers` or `key`; the first one of several."""
    if not card or not card[counts]:
        return None
    label, count = max(card[counts].items(), key=lambda item: item[1])
    return Figure(count / card["total"], count=count, total=card["total"], label=label)


def _notes(cards: list[Card | None], paired: Paired | None) -> list[str]:
    notes = []
    for side, card in zip(SIDES, cards, strict=True):
        if not card or not card["total"]:
            continue
        total = card["total"]
        most = _most(card, "answers")
        if most is not None and most.value > FAVOURITE_SHARE:
            notes.append(f"{side}: answers {most.label} to {most.count} of {total} questions")
        if card["unreadable"]:
            wrong = f"{card['unreadable']} of {total} questions have no answer and count as wrong"
            notes.append(f"{side}: {wrong}")
        if card["correct"] <= card["best_constant"]:
            notes.append(
                f"{side}: {card['correct']} right is no more than one letter for all of them gets"
                f" ({card['best_constant']})"
            )
    totals = [card["total"] for card in cards if card]
    if paired and any(total != paired.pairs for total in totals):
        notes.append(f"McNemar's test is over the {paired.pairs} questions that both were asked")
    return notes
