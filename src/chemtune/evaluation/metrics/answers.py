"""Answers to questions: the same words, the same text, the same numbers."""

from __future__ import annotations

import unicodedata
from collections import Counter

from chemtune.checks.numbers import quantities_of
from chemtune.evaluation.metrics.f1 import Overlap, f1
from chemtune.evaluation.metrics.part import NOTHING, Part
from chemtune.evaluation.metrics.values import agree
from chemtune.evaluation.metrics.words import is_korean, morphemes
from chemtune.tasks.task import fold

ARTICLES = frozenset(("a", "an", "the"))
EDGES = ".,;:!?()[]{}\"'“”‘’…"
# Kiwi's tags of particles, endings and the copula, which stand where English has articles.
GRAMMAR = ("J", "E", "VCP")


def token_f1(answer: str, reference: str) -> float:
    """Return the F1 of the words that two answers share, 0 to 1 (Rajpurkar et al., 2016).

    Case, articles and punctuation around words are passed over. Where the reference is Korean, its
    morphemes are compared, without particles and endings.
    """
    korean = is_korean(reference)
    said, wanted = (Counter(_tokens(text, korean)) for text in (answer, reference))
    shared = (said & wanted).total()
    return f1(shared, wanted.total() - shared, said.total() - shared) if wanted else 0.0


def exact_match(answer: str, reference: str) -> bool:
    """Whether two answers are equal: spaces, case, articles and punctuation around words aside."""
    said, wanted = (fold("".join(_tokens(text, korean=False))) for text in (answer, reference))
    return said == wanted


def numbers_right(answer: str, reference: str) -> Part:
    """Return the part of the F1 of an answer's numbers, where the reference has any.

    Numbers are equal with their units, after conversion and within the digits given (see `agree`).
    """
    wanted = quantities_of(reference)
    if not wanted:
        return NOTHING
    left = quantities_of(answer)
    said, found = len(left), 0
    for quantity in wanted:
        same = next((other for other in left if agree(quantity, other)), None)
        if same is not None:
            left.remove(same)
            found += 1
    return Part.of_items(Overlap(found, len(wanted) - found, said - found))


def _tokens(text: str, korean: bool) -> list[str]:
    if korean:
        return [form for form, tag in morphemes(text) if not tag.startswith(GRAMMAR)]
    plain = unicodedata.normalize("NFKC", text).casefold()
    pieces = (piece.strip(EDGES) for piece in plain.split())
    return [piece for piece in pieces if piece and piece not in ARTICLES]
