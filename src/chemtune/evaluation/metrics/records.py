"""Property records: each of the answer beside the one of the reference that it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chemtune.evaluation.metrics.f1 import Overlap
from chemtune.evaluation.metrics.names import overlapping
from chemtune.evaluation.metrics.values import (
    conditions_agree,
    has_conditions,
    units_agree,
    values_agree,
)
from chemtune.tasks.aspects import Record
from chemtune.tasks.task import fold

# What makes two records of one property and material the better pair, the weightiest first.
SAME_MATERIAL, SAME_VALUE, SAME_CONDITION, SAME_UNIT = 8.0, 4.0, 2.0, 1.0
# More than all of those together: as many records as can be are paired.
PAIRED = 16.0

Pairs = list[tuple[Record, Record]]


def pair_records(answer: Sequence[Record], reference: Sequence[Record]) -> Pairs:
    """Return pairs of an answer's and a reference's record, each in one pair at most.

    Two can be a pair if they are of one property and their materials are equal; or if one's words
    stand in the other's ("QPPO-40" and "QPPO-40 membrane") and neither has an equal one on the
    other side. As many as can be are paired, and of the ways to do so the one with the most equal
    materials, then values, conditions and units (Kuhn, 1955).
    """
    if not answer or not reference:
        return []
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    named = _materials(answer) & _materials(reference)
    weights = np.array([[_weight(a, r, named) for r in reference] for a in answer])
    rows, columns = linear_sum_assignment(weights, maximize=True)
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(answer[i], reference[j]) for i, j in chosen if weights[i, j]]


def score_records(answer: Sequence[Record], reference: Sequence[Record]) -> dict[str, Overlap]:
    """Return by field what of the reference's records was found.

    Returns:
        "materials": the names of the materials, each counted once. "properties": the records that
        have a pair at all, so a value of that property was given for that material. "values": those
        whose values agree within the digits given, after unit conversion. "units": those in the
        same unit, or whose values agree. "conditions": of the records that have one. "records":
        those that agree in everything, with the same name of the material.
    """
    pairs = pair_records(answer, reference)

    def of_pairs(right: Callable[[Record, Record], bool]) -> Overlap:
        return _overlap(sum(right(a, r) for a, r in pairs), len(answer), len(reference))

    said, wanted = (sum(has_conditions(r.value) for r in side) for side in (answer, reference))
    at_same = sum(conditions_agree(a.value, r.value) for a, r in pairs if has_conditions(r.value))
    return {
        "materials": Overlap.of(_materials(answer), _materials(reference)),
        "properties": of_pairs(lambda _, __: True),
        "values": of_pairs(lambda a, r: values_agree(a.value, r.value)),
        "units": of_pairs(lambda a, r: units_agree(a.value, r.value)),
        "conditions": _overlap(at_same, said, wanted),
        "records": of_pairs(_same),
    }


def _same(one: Record, other: Record) -> bool:
    return (
        fold(one.material) == fold(other.material)
        and values_agree(one.value, other.value)
        and conditions_agree(one.value, other.value)
    )


def _weight(one: Record, other: Record, named: frozenset[str]) -> float:
    """What a pair is worth; 0 where it can be none. `named` are the materials of both sides."""
    first, second = fold(one.material), fold(other.material)
    like = not named & {first, second} and overlapping(one.material, other.material)
    if one.property != other.property or not (first == second or like):
        return 0.0
    return (
        PAIRED
        + SAME_MATERIAL * (first == second)
        + SAME_VALUE * values_agree(one.value, other.value)
        + SAME_CONDITION * conditions_agree(one.value, other.value)
        + SAME_UNIT * units_agree(one.value, other.value)
    )


def _overlap(found: int, said: int, wanted: int) -> Overlap:
    return Overlap(found, wanted - found, said - found)


def _materials(records: Sequence[Record]) -> frozenset[str]:
    return frozenset(fold(record.material) for record in records)
