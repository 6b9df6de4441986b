"""Contamination: whether a document would train on a question of the evaluation.

Texts are compared without spaces and punctuation, by their character 8-grams; the options of a
question count in any order. An item with options of its own is the same question where stem and
options are (exact), or where the Jaccard similarity of their 8-grams is high (near): a stem such as
"which of these is right?" alone tells nothing. A text without options repeats a question where it
holds nearly all of the stem's 8-grams.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from chemtune.checks.grounding import normalize
from chemtune.documents.question import Question

GRAM = 8
NEAR = 0.7
CONTAINED = 0.85
# Shorter stems are found in many texts by chance.
FEWEST_CHARACTERS = 30


@dataclass(frozen=True)
class Match:
    """A question that a text repeats: its id, how, and how far (0 to 1)."""

    question: str
    how: Literal["exact", "near", "contained"]
    similarity: float


class ContaminationIndex:
    """The questions of an evaluation, prepared for finding them in documents."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self._ids: list[str] = []
        self._exact: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        self._grams: dict[int, list[int]] = {}
        self._sizes: list[tuple[int, int]] = []
        self._stem_grams: dict[int, list[int]] = {}
        for question in questions:
            number = len(self._ids)
            self._ids.append(question.id)
            stem, whole = key(question.text), _whole(question.text, question.options)
            self._exact.setdefault(whole, number)
            self._stems.setdefault(stem, number)
            in_whole, in_stem = _grams(whole), _grams(stem)
            for gram in in_whole:
                self._grams.setdefault(gram, []).append(number)
            if len(stem) >= FEWEST_CHARACTERS:
                for gram in in_stem:
                    self._stem_grams.setdefault(gram, []).append(number)
            self._sizes.append((len(in_whole), len(in_stem)))

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, text: str, options: Sequence[str] = ()) -> Match | None:
        """Return the question that a text (with the options of its own, if any) repeats."""
        if options:
            whole = _whole(text, options)
            if whole in self._exact:
                return Match(self._ids[self._exact[whole]], "exact", 1.0)
            grams = _grams(whole)
            shared = _shared(grams, self._grams)
            scores = {n: c / (len(grams) + self._sizes[n][0] - c) for n, c in shared.items()}
            return self._best(scores, NEAR, "near")
        stem = key(text)
        if stem in self._stems:
            return Match(self._ids[self._stems[stem]], "exact", 1.0)
        shared = _shared(_grams(stem), self._stem_grams)
        scores = {n: c / self._sizes[n][1] for n, c in shared.items()}
        return self._best(scores, CONTAINED, "contained")

    def _best(
        self, scores: dict[int, float], least: float, how: Literal["near", "contained"]
    ) -> Match | None:
        number = max(scores, key=lambda n: (scores[n], -n), default=None)
        if number is None or scores[number] < least:
            return None
        return Match(self._ids[number], how, scores[number])


def key(text: str) -> str:
    """Return a text as it is compared: NFKC, lower case, without spaces and punctuation."""
    return re.sub(r"\W+", "", normalize(text)[0].casefold())


def _whole(text: str, options: Sequence[str]) -> str:
    return "\n".join([key(text), *sorted(key(option) for option in options)])


def _grams(text: str) -> set[int]:
    return {hash(text[i : i + GRAM]) for i in range(max(1, len(text) - GRAM + 1))}


def _shared(grams: set[int], index: dict[int, list[int]]) -> Counter[int]:
    shared: Counter[int] = Counter()
    for gram in grams:
        if gram in index:
            shared.update(index[gram])
    return shared
