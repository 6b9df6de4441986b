"""How far two reviewers agree on what both decided."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from chemtune.dataset.agreement import Agreement, FieldAgreement, overlaps
from chemtune.dataset.review.disputed import disputed
from chemtune.dataset.review.item import sha256_of
from chemtune.dataset.review.review import DECIDED, Review
from chemtune.dataset.review.store import Decision
from chemtune.evaluation.statistics import kappa
from chemtune.tasks.task import Answer, Unreadable


@dataclass(frozen=True)
class Between:
    """The agreement of two reviewers. What is skipped is not decided.

    Attributes:
        one: A reviewer.
        other: Another one.
        items: How many items both decided, having looked at the same answer.
        agreed: How many of them both call right (accepted), or both wrong (rejected, corrected).
        kappa: Cohen's kappa (1960) of right and wrong.
        interval: The 95% bootstrap interval of `kappa`.
        decisions: The number of items by what `one` and `other` decided.
        fields: F1 of their answers by task and field, where neither rejected: who accepts an
            answer gives it as theirs.
        disputed: The ids of the items whose decisions exclude each other, in the order in which
            `one` decided.
        apart: How many items both decided, but on different answers, for a build came between.
            Only `disputed` knows of them.
    """

    one: str
    other: str
    items: int
    agreed: int
    kappa: float
    interval: tuple[float, float]
    decisions: dict[tuple[str, str], int] = field(default_factory=dict)
    fields: list[FieldAgreement] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    apart: int = 0


def between(review: Review, one: str, other: str, sample: str = "") -> Between:
    """Return how far two reviewers agree.

    Args:
        review: The run's items.
        one: A reviewer.
        other: Another one.
        sample: A sample's name, to look at its items alone.
    """
    first, second = review.store.standing(one), review.store.standing(other)
    wanted = set(review.store.sample_items(sample)) if sample else None
    both = [
        (first[item], second[item])
        for item in first
        if item in second and (wanted is None or item in wanted)
    ]
    both = [(a, b) for a, b in both if a.decision in DECIDED and b.decision in DECIDED]
    written = review.store.corrections()
    same = [(a, b) for a, b in both if a.judged_sha256 == b.judged_sha256]
    labels = [(a.decision == "accepted", b.decision == "accepted") for a, b in same]
    value, interval = kappa(labels)
    return Between(
        one=one,
        other=other,
        items=len(same),
        agreed=sum(a == b for a, b in labels),
        kappa=value,
        interval=interval,
        decisions=dict(Counter((a.decision, b.decision) for a, b in same)),
        fields=list(_compared(review, same).fields()),
        disputed=[a.item for a, b in both if disputed((a, b), written.get(a.item, set()))],
        apart=len(both) - len(same),
    )


def _compared(review: Review, pairs: list[tuple[Decision, Decision]]) -> Agreement:
    """How the answers overlap that two reviewers give to the same items."""
    agreement = Agreement()
    for a, b in pairs:
        if "rejected" in (a.decision, b.decision) or a.task not in review.tasks:
            continue
        one, other = _answer(review, a), _answer(review, b)
        if one is not None and other is not None:
            agreement.add(a.task, overlaps(review.tasks[a.task], one, other))
    return agreement


def _answer(review: Review, decision: Decision) -> Answer | None:
    """The answer that a decision gives; None where it is not there any more, or cannot be read."""
    text = decision.answer
    if decision.decision == "accepted":
        text = review.answer(decision.item) or ""
        if sha256_of(text) != decision.judged_sha256:
            return None
    try:
        return review.tasks[decision.task].read(text)
    except Unreadable:
        return None
