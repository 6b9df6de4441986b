"""Keyphrases by their stems: F1 of the first five and of all, present and absent ones apart."""

from __future__ import annotations

from collections.abc import Sequence

from chemtune.evaluation.metrics.f1 import f1
from chemtune.evaluation.metrics.part import NOTHING, Part
from chemtune.evaluation.metrics.words import stems

Stems = tuple[str, ...]
FIRST = 5


def score_keyphrases(
    answer: Sequence[str], reference: Sequence[str], source: str
) -> dict[str, Part]:
    """Return the parts of "F1@5" and "F1@M", over all phrases, present and absent ones.

    As Yuan et al. (2020, "One size does not fit all") define them: F1@5 takes the first five
    phrases of the answer, F1@M all of them; phrases are equal if their stems are, and each counts
    once. The F1 of each document is averaged over those whose reference has such phrases at all. A
    phrase is present if its stems stand in the document in a row.

    Args:
        answer: The phrases, the best first.
        reference: Those that are right.
        source: The text of the document.
    """
    said, wanted, text = _distinct(answer), _distinct(reference), stems(source)
    parts = {"": (said, wanted)}
    for name, is_there in ((", present", True), (", absent", False)):
        parts[name] = (_those(said, text, is_there), _those(wanted, text, is_there))
    return {
        f"F1@{title}{name}": _f1(of_answer[:limit], of_reference)
        for name, (of_answer, of_reference) in parts.items()
        for title, limit in (("M", None), (str(FIRST), FIRST))
    }


def _f1(said: list[Stems], wanted: list[Stems]) -> Part:
    if not wanted:
        return NOTHING
    found = len(set(said) & set(wanted))
    return Part.of_mean(f1(found, len(wanted) - found, len(said) - found))


def _distinct(phrases: Sequence[str]) -> list[Stems]:
    return [phrase for phrase in dict.fromkeys(map(stems, phrases)) if phrase]


def _those(phrases: list[Stems], text: Stems, present: bool) -> list[Stems]:
    return [phrase for phrase in phrases if _stands(phrase, text) is present]


def _stands(phrase: Stems, text: Stems) -> bool:
    width = len(phrase)
    return any(text[at : at + width] == phrase for at in range(len(text) - width + 1))
