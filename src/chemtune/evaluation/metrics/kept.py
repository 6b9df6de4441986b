"""What a summary or a translation keeps: numbers with their units, and terms; what it invents."""

from __future__ import annotations

import re

from chemtune.checks.formulas import parse_formula
from chemtune.checks.korean import LATIN, english_words
from chemtune.checks.names import ACRONYM, telling_word
from chemtune.checks.numbers import check_numbers, quantities_of
from chemtune.checks.quantity import Quantity, quantities_in
from chemtune.checks.units import parse_unit
from chemtune.documents.language import HANGUL
from chemtune.evaluation.metrics.part import Part
from chemtune.evaluation.metrics.values import agree
from chemtune.evaluation.metrics.words import is_korean, morphemes
from chemtune.tasks.task import fold

# What may stand at a word's edge without belonging to it.
EDGES = ".,;:!?()[]{}\"'“”‘’…"
# Units that Korean says by a counter, or not at all: 2만 회.
COUNTS = frozenset(("cycle", "cycles", "times"))
NUMBER = re.compile(r"[\d.,–-]+")
NOUNS = frozenset(("NNG", "NNP"))
KOREAN_PARTICLE = re.compile(r"(?<=[A-Za-z0-9₀-₉)])[가-힣]+$")


def numbers_kept(text: str, reference: str) -> Part:
    """Return how many of the numbers of a reference stand in a text, of how many.

    A number with a unit has to stand there with an equal one (see `agree`), as English or Korean
    spells it; a bare number with any unit. Each counts once.
    """
    said = quantities_of(text)
    wanted: list[Quantity] = []
    for quantity in quantities_of(reference):
        if not any(_same(quantity, other) for other in wanted):
            wanted.append(quantity)
    kept = sum(any(_stands_for(other, quantity) for other in said) for quantity in wanted)
    return Part(kept, len(wanted))


def numbers_invented(text: str, source: str) -> Part:
    """Return how many of the numbers of a text the source does not have, of how many."""
    return Part(len(check_numbers("", source, text)), len(quantities_of(text)))


def terms_kept(text: str, reference: str) -> Part:
    """Return how many of the terms of a reference stand in a text, of how many."""
    wanted = terms(reference)
    return Part(len(wanted & terms(text)), len(wanted))


def terms(text: str) -> frozenset[str]:
    """Return the terms of a text: formulas, abbreviations, and words that tell a chemical.

    Of Korean texts the nouns that tell a chemical (산화이리듐), whatever particles follow.
    """
    found = set()
    for piece in text.split():
        word = KOREAN_PARTICLE.sub("", piece.strip(EDGES)).strip(EDGES)
        if _is_term(word):
            found.add(fold(word))
    if is_korean(text):
        nouns = (form for form, tag in morphemes(text) if tag in NOUNS)
        found |= {fold(noun) for noun in nouns if HANGUL.search(noun) and telling_word(noun)}
    return frozenset(found)


def code_switches(text: str, source: str) -> Part:
    """Return how many words of a Korean text are English, of all its words.

    Formulas, units, abbreviations, systematic names and glosses in brackets are not counted as
    English, nor are names of the source: words that it writes with a capital alone, such as Nafion.
    """
    total = sum(any(c.isalpha() for c in piece) for piece in text.split())
    there = set(LATIN.findall(source))
    switched = sum(
        not (word[0].isupper() and word in there and word.lower() not in there)
        for word in english_words(_without_quantities(text))
    )
    return Part(min(switched, total), total)


def _without_quantities(text: str) -> str:
    """A text without its numbers and units, so that A for ampere is not taken for the article."""
    for quantity in reversed(quantities_in(text)):
        text = f"{text[: quantity.start]} {text[quantity.end :]}"
    return text


def _is_term(word: str) -> bool:
    if not word or HANGUL.search(word) or NUMBER.fullmatch(word) or parse_unit(word) is not None:
        return False
    known = parse_formula(word) is not None or ACRONYM.fullmatch(word) is not None
    return known or bool(telling_word(word))


def _same(one: Quantity, other: Quantity) -> bool:
    return (one.value, one.unit) == (other.value, other.unit)


def _stands_for(there: Quantity, wanted: Quantity) -> bool:
    counted = not wanted.unit or (not there.unit and wanted.unit in COUNTS)
    return agree(there, wanted) or (counted and there.value == wanted.value)
