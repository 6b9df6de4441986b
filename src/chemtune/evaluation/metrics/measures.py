"""Which measures an aspect of an answer has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from chemtune.evaluation.metrics.answers import exact_match, numbers_right, token_f1
from chemtune.evaluation.metrics.chrf import chrf
from chemtune.evaluation.metrics.f1 import Overlap, f1
from chemtune.evaluation.metrics.kept import (
    code_switches,
    numbers_invented,
    numbers_kept,
    terms_kept,
)
from chemtune.evaluation.metrics.keyphrases import score_keyphrases
from chemtune.evaluation.metrics.names import exact, lenient
from chemtune.evaluation.metrics.part import NOTHING, Part
from chemtune.evaluation.metrics.records import score_records
from chemtune.evaluation.metrics.rouge import rouge_l, rouge_n
from chemtune.evaluation.metrics.words import is_korean, words
from chemtune.tasks.aspects import Aspect, Keyphrases, Label, Names, PropertyRecords, Prose


@dataclass(frozen=True)
class Measured:
    """One example's part of one measure.

    Attributes:
        name: The measure's name in tables.
        part: What the example adds to it.
        main: Whether it stands in the first table.
        better: Which values are the better ones.
        yes_or_no: Whether an example is right or wrong, and nothing between.
    """

    name: str
    part: Part
    main: bool = False
    better: Literal["higher", "lower"] = "higher"
    yes_or_no: bool = False


def measure(
    reference: Sequence[Aspect], answer: Sequence[Aspect] | None, source: str
) -> list[Measured]:
    """Measure an answer against its reference.

    Args:
        reference: What is compared of the reference answer.
        answer: The same of the answer; None where it could not be read. Then all of the reference
            is missed, and what is asked of the answer's words ("invented numbers") says nothing.
        source: The text that both are about.

    Returns:
        Each measure once, in the order of tables; the parts of texts in several fields are summed.
    """
    said: Sequence[Aspect | None] = answer if answer is not None else [None] * len(reference)
    found: dict[str, Measured] = {}
    for wanted, of_answer in zip(reference, said, strict=True):
        for one in _measures(wanted, of_answer, source):
            known = found.get(one.name)
            found[one.name] = one if known is None else _sum(known, one)
    return list(found.values())


def _measures(wanted: Aspect, said: Aspect | None, source: str) -> Iterable[Measured]:
    match wanted:
        case Label():
            assert said is None or isinstance(said, Label)
            right = said is not None and said.value == wanted.value
            part = Part.of_mean(right)
            return [Measured(f"right {wanted.field}", part, main=True, yes_or_no=True)]
        case Names():
            assert said is None or isinstance(said, Names)
            return _names(wanted, said)
        case Keyphrases():
            assert said is None or isinstance(said, Keyphrases)
            return _keyphrases(wanted, said, source)
        case PropertyRecords():
            assert said is None or isinstance(said, PropertyRecords)
            return _records(wanted, said)
        case Prose():
            assert said is None or isinstance(said, Prose)
            return _prose(wanted, said.text if said else None, source)


def _names(wanted: Names, said: Names | None) -> Iterator[Measured]:
    field = wanted.field
    by_label = {label: said.by_label.get(label, ()) if said else () for label in wanted.by_label}
    overlaps = {label: exact(by_label[label], of) for label, of in wanted.by_label.items()}
    halves = [lenient(by_label[label], of) for label, of in wanted.by_label.items()]
    every = _total(overlaps.values())
    yield Measured(f"F1 {field}", Part.of_items(every), main=True)
    loose = Part(sum(p.numerator for p in halves), sum(p.denominator for p in halves))
    yield Measured(f"F1 {field}, lenient", loose, main=True)
    of_document = f1(every.found, every.missed, every.invented)
    empty = said is None and not every.missed
    yield Measured(f"F1 {field}, mean of documents", Part.of_mean(0.0 if empty else of_document))
    if len(overlaps) > 1:
        for label, overlap in overlaps.items():
            yield Measured(f"F1 {label}", Part.of_items(overlap))


def _keyphrases(wanted: Keyphrases, said: Keyphrases | None, source: str) -> Iterator[Measured]:
    parts = score_keyphrases(said.phrases if said else (), wanted.phrases, source)
    for name, part in parts.items():
        yield Measured(name, part, main=name in ("F1@M", "F1@5"))


def _records(wanted: PropertyRecords, said: PropertyRecords | None) -> Iterator[Measured]:
    for field, overlap in score_records(said.records if said else (), wanted.records).items():
        main = field in ("records", "values")
        yield Measured(f"F1 {field}", Part.of_items(overlap), main=main)
    empty = not wanted.records
    silent = said is not None and not said.records
    part = Part.of_mean(silent) if empty else NOTHING
    yield Measured("no data, none given", part, main=True, yes_or_no=True)


def _prose(wanted: Prose, said: str | None, source: str) -> Iterator[Measured]:
    text = said or ""
    if wanted.role == "short answer":
        part = Part.of_mean(exact_match(text, wanted.text))
        yield Measured("exact answer", part, main=True, yes_or_no=True)
    if wanted.role in ("short answer", "long answer"):
        yield Measured("F1 words", Part.of_mean(token_f1(text, wanted.text)), main=True)
        yield Measured("F1 numbers", numbers_right(text, wanted.text), main=True)
    if wanted.role == "short answer" or not wanted.text:
        return
    yield from _similar(wanted, text)
    if wanted.role == "long answer":
        return
    whole = source if wanted.role == "translation" else wanted.text
    yield Measured("numbers kept", numbers_kept(text, whole), main=True)
    yield Measured("terms kept", terms_kept(text, wanted.text))
    if wanted.role == "summary":
        yield Measured("numbers of the document", numbers_kept(text, source))
        yield Measured("terms of the document", terms_kept(text, source))
    invented = numbers_invented(text, source)
    yield Measured("invented numbers", invented, main=True, better="lower")
    if is_korean(wanted.text):
        yield Measured("English words", code_switches(text, source), better="lower")


def _similar(wanted: Prose, text: str) -> Iterator[Measured]:
    """How alike a text and its reference are: by words, and by characters."""
    korean = is_korean(wanted.text)
    answer, reference = (words(one, korean=korean) for one in (text, wanted.text))
    by_words = Part.of_mean(rouge_l(answer, reference))
    by_characters = Part.of_mean(chrf(text, wanted.text))
    # Korean endings and particles vary: characters say more than whole morphemes.
    yield Measured("ROUGE-L", by_words, main=not korean)
    yield Measured("chrF++", by_characters, main=korean)
    for n in (1, 2):
        yield Measured(f"ROUGE-{n}", Part.of_mean(rouge_n(answer, reference, n)))


def _total(overlaps: Iterable[Overlap]) -> Overlap:
    found = list(overlaps)
    return Overlap(
        sum(o.found for o in found), sum(o.missed for o in found), sum(o.invented for o in found)
    )


def _sum(one: Measured, other: Measured) -> Measured:
    first, second = one.part, other.part
    overlap = _total([first.overlap, second.overlap]) if first.overlap and second.overlap else None
    numerator = first.numerator + second.numerator
    return replace(one, part=Part(numerator, first.denominator + second.denominator, overlap))
