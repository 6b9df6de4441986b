"""Names and entities: exactly found, or leniently."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chemtune.evaluation.metrics.f1 import Overlap
from chemtune.evaluation.metrics.part import Part
from chemtune.tasks.task import fold

# A name's words; a sign between them parts them too: Pt of "Pt/C".
PIECE = re.compile(r"[^\s/,;()\[\]-]+")
PARTIAL = 0.5


def exact(answer: Sequence[str], reference: Sequence[str]) -> Overlap:
    """Compare two lists of names as sets, each name in one spelling (see `fold`)."""
    return Overlap.of(frozenset(map(fold, answer)), frozenset(map(fold, reference)))


def lenient(answer: Sequence[str], reference: Sequence[str]) -> Part:
    """Return the part of a lenient F1: a name that is part of the other's words counts one half.

    Names are paired one to one so that the sum of their credits is largest: 1 for equal names, 0.5
    where the words of one stand in the other in a row ("KOH" and "KOH solution"). This is the
    credit of MUC-5 (Chinchor and Sundheim, 1993) and of the partial matches of SemEval-2013 task 9,
    for strings in place of spans: F1 = 2 (correct + 0.5 partial) / (names of both together).
    """
    said = list(dict.fromkeys(map(fold, answer)))
    wanted = list(dict.fromkeys(map(fold, reference)))
    whole = len(said) + len(wanted)
    if not said or not wanted:
        return Part(0.0, whole)
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    pieces = {fold(name): _pieces(name) for name in (*answer, *reference)}
    credits = np.array([[_credit(a, r, pieces) for r in wanted] for a in said])
    rows, columns = linear_sum_assignment(credits, maximize=True)
    return Part(2 * float(credits[rows, columns].sum()), whole)


def overlapping(one: str, other: str) -> bool:
    """Whether two names are equal, or the words of one stand in the other in a row."""
    return fold(one) == fold(other) or _within(_pieces(one), _pieces(other))


def _credit(one: str, other: str, pieces: dict[str, list[str]]) -> float:
    if one == other:
        return 1.0
    return PARTIAL if _within(pieces[one], pieces[other]) else 0.0


def _within(one: list[str], other: list[str]) -> bool:
    short, long = sorted((one, other), key=len)
    ends = range(len(short), len(long) + 1)
    return bool(short) and any(long[end - len(short) : end] == short for end in ends)


def _pieces(name: str) -> list[str]:
    return [fold(piece) for piece in PIECE.findall(name)]
