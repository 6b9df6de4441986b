"""A curriculum: which examples of an epoch come first, by a column of their documents."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from chemtune.dataset.example import Example
from chemtune.errors import InputError, Problem, nearest
from chemtune.recipe.schema import Curriculum

# An example's own; every other column is one of its document's.
OWN = ("task", "language")


def stages_of(
    examples: Sequence[Example], curriculum: Curriculum, columns: Mapping[str, Mapping[str, Any]]
) -> dict[str, int]:
    """Return the stage of each example by its id, from 0.

    An example whose document has nothing in the column, as a general instruction among exam
    questions, is put into a stage by a hash of its id, each stage being as likely as it has
    examples: so all stages are mixed with them alike.

    Args:
        examples: Of an epoch.
        curriculum: The recipe's.
        columns: By document id what its record holds.

    Raises:
        InputError: No example has the column, or one has a value that is not named.
    """
    told = {one.id: _value(one, curriculum.column, columns) for one in examples}
    number = {value: stage for stage, value in enumerate(curriculum.order)}
    unknown = sorted({value for value in told.values() if value and value not in number})
    if unknown:
        message = f"{unknown[0]!r} is the {curriculum.column} of an example, and is not named"
        remedy = nearest(unknown[0], curriculum.order)
        raise InputError(Problem(message, field="tuning.curriculum.order", remedy=remedy))
    known = sorted(number[value] for value in told.values() if value)
    if not known:
        there = {name for of_document in columns.values() for name in of_document}
        message = f"no example that is tuned on has the column {curriculum.column!r}"
        remedy = nearest(curriculum.column, sorted(there.union(OWN)))
        raise InputError(Problem(message, field="tuning.curriculum.column", remedy=remedy))
    return {
        name: number[value] if value else known[_hash(name) % len(known)]
        for name, value in told.items()
    }


def _value(one: Example, column: str, columns: Mapping[str, Mapping[str, Any]]) -> str:
    if column in OWN:
        return str(getattr(one, column))
    value = columns.get(one.document_id, {}).get(column)
    return "" if value is None else str(value).strip()


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
