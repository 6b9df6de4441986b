"""Binding: whether a value belongs to the property, the condition and the material claimed.

It reads one sentence at a time and says only what is plain. A value belongs to the property that
is named right after it ("35% water uptake"), else to the one named last before it in its sentence.
Where a sentence pairs lists ("respectively"), or names no property at all, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chemtune.checks.grounding import GroundText
from chemtune.checks.quantity import SHARES, Quantity, comparable, equal, quantities_in
from chemtune.checks.units import same_dimension
from chemtune.documents.sentences import sentences

JUST_AFTER = re.compile(r"[\s,]*(?:of|in|for|as|의)?\s*$")
# Between names that are said together: "the water uptake and swelling ratio were 35% and 12%".
TOGETHER = re.compile(r"\s*(?:,?\s*(?:and|or|및)|,|/|[와과])\s*(?:the\s+)?")
PAIRED = re.compile(r"respectively|각각")
AT = re.compile(r"\s*\(?\s*(?:at|@|in|under)?\s*")
CLOSE = 3
OTHER = "\0stop"


@dataclass(frozen=True)
class Vocabulary:
    """The words of the properties.

    Attributes:
        names: By field, what the property is called.
        units: By field, examples of its units; a value of another dimension is not its.
        stop: What is called something else. Such words own shares and counts alone: which other
            values they could have is not known.
    """

    names: Mapping[str, tuple[str, ...]]
    units: Mapping[str, tuple[str, ...]]
    stop: tuple[str, ...]

    def may_own(self, field: str, unit: str) -> bool:
        """Whether a value with this unit can be one of the field."""
        if field == OTHER:
            return same_dimension(unit, "")
        units = self.units.get(field, ())
        return not units or any(same_dimension(unit, one) for one in units)

    def mentions(self, sentence: str) -> list[tuple[int, int, str]]:
        """Return (start, end, field) of each name in a sentence, longest first at one place."""
        found: list[tuple[int, int, str]] = []
        words = [(word, field) for field, names in self.names.items() for word in names]
        words += [(word, OTHER) for word in self.stop]
        for word, field in sorted(words, key=lambda pair: -len(pair[0])):
            for match in _word(word).finditer(sentence):
                if not any(match.start() < end and start < match.end() for start, end, _ in found):
                    found.append((match.start(), match.end(), field))
        return sorted(found)


def owner(sentence: str, start: int, end: int, vocabulary: Vocabulary) -> str | None:
    """Return the field that a value at these offsets of a sentence belongs to.

    None where that is not plain; `OTHER` where it belongs to a word of the stop list.
    """
    unit = next((q.unit for q in quantities_in(sentence) if q.end > start), "")
    mentions = [m for m in vocabulary.mentions(sentence) if vocabulary.may_own(m[2], unit)]
    after = [m for m in mentions if m[0] >= end]
    if after and JUST_AFTER.fullmatch(sentence[end : after[0][0]]):
        return after[0][2]
    before = [m for m in mentions if m[1] <= start]
    if len(before) > 1 and TOGETHER.fullmatch(sentence[before[-2][1] : before[-1][0]]):
        return None
    return before[-1][2] if before else None


def misbound(
    text: str, places: Iterable[tuple[int, int]], field: str, vocabulary: Vocabulary
) -> str | None:
    """Say why a value does not belong to `field`, or None where some place allows it.

    Args:
        text: The document.
        places: The spans at which the value stands.
        field: The property that it is claimed to be of.
        vocabulary: The words of the properties.
    """
    why = None
    split = sentences(text)
    for start, end in places:
        offset, sentence = _holding(split, start)
        if PAIRED.search(sentence):
            return None
        owned = owner(sentence, start - offset, end - offset, vocabulary)
        if owned is None or owned == field:
            return None
        said = "a property that is not to be extracted" if owned == OTHER else owned
        why = f"belongs to {said} where it stands"
    return why


def other_condition(text: str, places: Iterable[tuple[int, int]], condition: str) -> str | None:
    """Say at which condition a value stands, where it is plainly another one than claimed.

    The condition of a value is the one right after it ("12% at 30 °C"), else the last one before it
    in its sentence or the first one behind it ("0.9 W in H2 and 0.6 W in CH4 at 850 °C"). Of two
    lists of one length it is the one at its place ("98 and 45 mS/cm at 80 and 30 °C each").
    """
    wanted = next((q for q in quantities_in(condition) if q.unit), None)
    if wanted is None:
        return None
    split = sentences(text)
    why = None
    for start, _ in places:
        offset, sentence = _holding(split, start)
        found = quantities_in(sentence)
        here = next((q for q in found if q.start <= start - offset < max(q.end, q.start + 1)), None)
        if here is None:
            return None
        paired = PAIRED.search(sentence) is not None
        stated = (_paired_with if paired else _conditions_of)(sentence, here, found, wanted)
        if not stated or any(equal(one, wanted) for one in stated):
            return None
        why = f"stands at {stated[0].value:g} {stated[0].unit}, not at {condition}"
    return why


def of_another(
    text: str, places: Iterable[tuple[int, int]], material: str, others: Sequence[str]
) -> str | None:
    """Say that a value stands with another material, or None where that is not plain.

    It is plain where every sentence that has the value names one of the others before it, and
    neither this one nor a third. A sentence that names both may put a value before its material or
    after it, so that nothing is said.

    Args:
        text: The document.
        places: The spans at which the value stands.
        material: The material that it is claimed to be of.
        others: The other materials of the answer.
    """
    split = sentences(text)
    why = None
    for start, _ in places:
        offset, sentence = _holding(split, start)
        named = _named(sentence, [material, *others])
        inside = {name for _, name in named}
        if len(inside) != 1 or material in inside or named[0][0] > start - offset:
            return None
        why = f"stands with {named[0][1]!r}"
    return why


def _named(sentence: str, names: Sequence[str]) -> list[tuple[int, str]]:
    """Where names stand in a sentence, in order; of two at one place the longer one."""
    here = GroundText.of(sentence)
    taken: list[tuple[int, int, str]] = []
    for name in sorted(names, key=len, reverse=True):
        for start, end in here.places(name):
            if not any(start < e and s < end for s, e, _ in taken):
                taken.append((start, end, name))
    return [(start, name) for start, _, name in sorted(taken)]


def _conditions_of(
    sentence: str, value: Quantity, found: list[Quantity], like: Quantity
) -> list[Quantity]:
    """The conditions that a value may stand at; one where it is right after the value."""
    alike = [q for q in found if comparable(q, like) and q is not value]
    after = [q for q in alike if q.start > value.start]
    if after and AT.fullmatch(sentence[value.end : after[0].start]):
        return after[:1]
    if after and any(0 <= q.start - after[0].end <= CLOSE for q in found):
        after = []  # at 80 °C 20%: it opens what is said of the next value
    return [q for q in alike if q.start < value.start][-1:] + after[:1]


def _paired_with(
    sentence: str, value: Quantity, found: list[Quantity], like: Quantity
) -> list[Quantity]:
    """The condition in the place of a value, where one list of values has one of conditions."""
    lists = _lists_in(sentence, found)
    of_value = next(one for one in lists if value in one)
    of_conditions = [one for one in lists if comparable(one[0], like)]
    if len(of_conditions) != 1 or not 1 < len(of_conditions[0]) == len(of_value):
        return []
    return [of_conditions[0][of_value.index(value)]]


def _lists_in(sentence: str, found: list[Quantity]) -> list[list[Quantity]]:
    """Quantities that only a comma or "and" parts, with those of one dimension together."""
    lists: list[list[Quantity]] = []
    for one in found:
        last = lists[-1][-1] if lists else None
        near = last is not None and SHARES.fullmatch(sentence[last.end : one.start])
        if last is not None and near and comparable(last, one):
            lists[-1].append(one)
        else:
            lists.append([one])
    return lists


def _holding(split: list[tuple[int, str]], at: int) -> tuple[int, str]:
    return next(pair for pair in reversed(split) if pair[0] <= at)


def _word(word: str) -> re.Pattern[str]:
    # An abbreviation keeps its capitals: "WU" is no part of "wurtzite". A particle may follow.
    flags = 0 if word.isupper() else re.IGNORECASE
    pattern = r"[\s-]+".join(re.escape(part) for part in re.split(r"[\s-]+", word))
    return re.compile(rf"(?<![^\W\d_]){pattern}(?:s|es)?(?![^\W\d_가-힣])", flags)
