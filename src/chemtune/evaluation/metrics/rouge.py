"""ROUGE (Lin, 2004): how many words, pairs of words, or words in order two texts share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chemtune.evaluation.metrics.f1 import f1


def rouge_n(answer: Sequence[str], reference: Sequence[str], n: int) -> float:
    """Return the F1 of the runs of `n` words that two texts share, 0 to 1; 0 where one has none."""
    said, wanted = _runs(answer, n), _runs(reference, n)
    shared = (said & wanted).total()
    return _f1(shared, said.total(), wanted.total())


def rouge_l(answer: Sequence[str], reference: Sequence[str]) -> float:
    """Return the F1 of the longest common subsequence of two texts' words, 0 to 1.

    The texts are taken as a whole, not sentence by sentence.
    """
    return _f1(_common(answer, reference), len(answer), len(reference))


def _f1(shared: int, said: int, wanted: int) -> float:
    return f1(shared, wanted - shared, said - shared) if said and wanted else 0.0


def _runs(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence, a row of the table at a time."""
    before = [0] * (len(other) + 1)
    for word in one:
        row = [0]
        for j, there in enumerate(other):
            row.append(before[j] + 1 if word == there else max(before[j + 1], row[j]))
        before = row
    return before[-1]
