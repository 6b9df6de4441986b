"""Absence: a property that an answer leaves out though the text seems to give it."""

from __future__ import annotations

from collections.abc import Sequence

from chemtune.checks.binding import Vocabulary, owner
from chemtune.checks.grounding import GroundText
from chemtune.checks.quantity import quantities_in
from chemtune.checks.units import same_dimension
from chemtune.documents.sentences import sentences


def suspected(
    text: str,
    material: str,
    others: Sequence[str],
    field: str,
    units: Sequence[str],
    vocabulary: Vocabulary,
) -> tuple[int, int] | None:
    """Return the span of a value that may have been missed, or None.

    It is a value of the right dimension that its sentence gives to the property, in a sentence that
    names this material and no other one of the answer, or in any where the answer has no other.
    """
    for offset, sentence in sentences(text):
        if not any(name == field for _, _, name in vocabulary.mentions(sentence)):
            continue
        here = GroundText.of(sentence)
        if others and (here.find(material) is None or any(here.find(other) for other in others)):
            continue
        for quantity in quantities_in(sentence):
            if not quantity.unit or not any(same_dimension(quantity.unit, u) for u in units):
                continue
            if owner(sentence, quantity.start, quantity.end, vocabulary) == field:
                return offset + quantity.start, offset + quantity.end
    return None
