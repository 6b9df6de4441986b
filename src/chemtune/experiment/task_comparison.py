"""A task on the held-out documents before and after, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chemtune.experiment.card import LOSS, READABLE, Card, names
from chemtune.experiment.measure import Figure, Measure, share


@dataclass(frozen=True)
class TaskComparison:
    """A task on the held-out documents.

    Attributes:
        name: The task's name.
        title: Its title.
        readable: How many replies could be read; None where nothing is replied to, of texts.
        scores: The main measures of its kind.
        details: The other measures.
        reasons: Why replies could not be read: the reason, and its count before and after.
    """

    name: str
    title: str
    readable: Measure | None
    scores: tuple[Measure, ...]
    details: tuple[Measure, ...] = ()
    reasons: tuple[tuple[str, int | None, int | None], ...] = ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The rows of the first table."""
        return self.scores if self.readable is None else (self.readable, *self.scores)


def compare_task(name: str, cards: list[Card | None]) -> TaskComparison:
    """Compare the cards of a task: before and after, None where it was not measured."""
    title = next(str(card["title"]) for card in cards if card)
    readable = [
        share(c["readable"], c["total"], c["readable_interval95"]) if c and READABLE in c else None
        for c in cards
    ]
    by_card = [card["measures"] if card else {} for card in cards]
    scores: list[Measure] = []
    details: list[Measure] = []
    for measure in names(by_card):
        of_cards = [of.get(measure) for of in by_card]
        if not any(of and of["examples"] for of in of_cards):
            continue
        main = any(of and of["main"] for of in of_cards)
        lower = any(of and of["better"] == "lower" for of in of_cards)
        # A card without replies holds losses alone.
        loss = measure == LOSS or not any(of and READABLE in of for of in cards)
        title_of = f"{measure} (less is better)" if lower else measure
        row = Measure(title_of, *map(_figure, of_cards), is_share=not loss)
        (scores if main else details).append(row)
    counts = [card.get("reasons") if card else None for card in cards]
    before, after = counts
    reasons = tuple(
        (reason, _count(before, reason), _count(after, reason)) for reason in names(counts)
    )
    first = Measure(READABLE, *readable) if any(readable) else None
    return TaskComparison(name, title, first, tuple(scores), tuple(details), reasons)


def _count(counts: Mapping[str, int] | None, reason: str) -> int | None:
    return None if counts is None else counts.get(reason, 0)


def _figure(measured: Card | None) -> Figure | None:
    if measured is None or measured["value"] is None:
        return None
    low, high = measured["interval95"]
    return Figure(measured["value"], (low, high))
