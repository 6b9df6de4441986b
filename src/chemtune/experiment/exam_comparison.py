"""A set of multiple-choice questions before and after, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from chemtune.evaluation.statistics import mcnemar
from chemtune.experiment.card import Card, Rows, names
from chemtune.experiment.measure import SIDES, Figure, Measure, share

SIGNIFICANT = 0.05


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
        others: The same answers read or scored in another way: calibrated, by length, over all
            orders of the options, in the form asked for alone, on questions not trained on.
        paired: McNemar's test, where both sides and their predictions are there.
        notes: What the numbers alone do not say.
    """

    name: str
    correct: Measure
    macro: Measure
    constant: Measure
    favourite: Measure
    levels: tuple[Measure, ...] = ()
    others: tuple[Measure, ...] = ()
    paired: Paired | None = None
    notes: tuple[str, ...] = ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All rows of the question set."""
        main = (self.correct, self.macro, self.constant, self.favourite)
        return (*main, *self.levels, *self.others)


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


def compare_exam(name: str, cards: list[Card | None], rows: list[Rows | None]) -> ExamComparison:
    """Compare the cards of a question set, and the rows of their prediction files if there are."""
    before, after = rows
    paired = mcnemar_of(before, after) if before and after else None
    right = [share(c["correct"], c["total"], c["interval95"]) if c else None for c in cards]
    return ExamComparison(
        name=name,
        correct=Measure("right answers", *right),
        macro=Measure("macro F1", *map(_macro, cards)),
        constant=Measure("best constant answer", *(_most(c, "key") for c in cards)),
        favourite=Measure("most frequent answer", *(_most(c, "answers") for c in cards)),
        levels=tuple(_levels(cards)),
        others=tuple(_others(cards)),
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
        for level in names(by_level)
    ]


def _macro(card: Card | None) -> Figure | None:
    return Figure(card["f1_macro"], tuple(card["f1_macro_interval95"])) if card else None


def _others(cards: list[Card | None]) -> list[Measure]:
    shares = {
        "calibrated": "right, calibrated",
        "normalized": "right, by likelihood a character",
        "strict": "right, in the form asked for",
        "clean": "right, of those not trained on",
    }
    found = [
        Measure(title, *(_share(card, name) for card in cards)) for name, title in shares.items()
    ]
    found.append(Measure("right, over all orders", *map(_permuted, cards)))
    alike = (card.get("permuted") if card else None for card in cards)
    found.append(
        Measure("alike in all orders", *(Figure(p["consistent"]) if p else None for p in alike))
    )
    return [measure for measure in found if any(measure.sides)]


def _share(card: Card | None, name: str) -> Figure | None:
    found = card.get(name) if card else None
    return share(found["correct"], found["total"], found["interval95"]) if found else None


def _permuted(card: Card | None) -> Figure | None:
    found = card.get("permuted") if card else None
    return Figure(found["accuracy"], tuple(found["interval95"])) if found else None


def _most(card: Card | None, counts: str) -> Figure | None:
    """The most frequent label among a card's `answers` or `key`; the first one of several."""
    if not card or not card[counts]:
        return None
    label, count = max(card[counts].items(), key=lambda item: item[1])
    return Figure(count / card["total"], count=count, total=card["total"], label=label)


def _of_scoring(card: Card) -> list[str]:
    notes = []
    if card.get("clean", {}).get("seen"):
        notes.append(f"{card['clean']['seen']} questions stand in the tuning data")
    if "disagreement" in card:
        both = card["disagreement"]
        notes.append(
            f"likelihood and words choose differently on {both['differ']} of the {both['total']}"
            " questions that both answer"
        )
    if "shots_used" in card:
        counts = ", ".join(f"{n} with {shots}" for shots, n in card["shots_used"].items())
        notes.append(f"the context is too short for all shots; questions: {counts}")
    return notes


def _notes(cards: list[Card | None], paired: Paired | None) -> list[str]:
    notes = []
    for side, card in zip(SIDES, cards, strict=True):
        if not card or not card["total"]:
            continue
        total = card["total"]
        most = card["favourite"]
        if most and most["dominates"]:
            habit = f"answers {most['label']} to {most['count']} of {total} questions"
            notes.append(f"{side}: {habit}: a habit, whatever the score")
        if card["unreadable"]:
            count = card["unreadable"]
            notes.append(f"{side}: {count} of {total} questions have no answer and count as wrong")
        if card["correct"] <= card["best_constant"]:
            notes.append(
                f"{side}: {card['correct']} right is no more than one letter for all of them gets"
                f" ({card['best_constant']})"
            )
        elif card["constant"]["p"] >= SIGNIFICANT:
            notes.append(
                f"{side}: {card['correct']} right is not significantly more than one letter for"
                f" all of them gets ({card['best_constant']}; p = {card['constant']['p']:.3f})"
            )
        notes += [f"{side}: {note}" for note in _of_scoring(card)]
    totals = [card["total"] for card in cards if card]
    if paired and any(total != paired.pairs for total in totals):
        notes.append(f"McNemar's test is over the {paired.pairs} questions that both were asked")
    return notes
