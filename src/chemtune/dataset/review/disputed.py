"""Whether people disagree on an answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from chemtune.dataset.review.item import sha256_of
from chemtune.dataset.review.store import Decision


def disputed(standing: Iterable[Decision], written: Collection[str]) -> bool:
    """Whether reviewers of one item call right and wrong the same, or correct it differently.

    It is what `read_verdicts` takes nobody's word for. Who accepts a correction of another one,
    after a build took it, says the same as its writer.

    Args:
        standing: What counts of each reviewer; what is skipped says nothing.
        written: The SHA-256 of every correction of the item, those that count no more among them.
    """
    right: set[str] = set()
    wrong: set[str] = set()
    corrected: set[str] = set()
    for decision in standing:
        if decision.decision == "rejected":
            wrong.add(decision.judged_sha256)
        elif decision.decision == "corrected":
            corrected.add(sha256_of(decision.answer))
        elif decision.decision == "accepted":
            (corrected if decision.judged_sha256 in written else right).add(decision.judged_sha256)
    opposed = right and (wrong or corrected)
    return bool(opposed) or len(corrected) > 1 or bool(wrong & corrected)
