from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chemtune.evaluation.metrics.f1 import Overlap
from chemtune.evaluation.metrics.records import pair_records, score_records
from chemtune.tasks.aspects import Record

REFERENCE = [
    Record("M-1", "IC", "98 mS/cm at 80 °C"),
    Record("M-1", "IC", "45 mS/cm at 30 °C"),
    Record("M-1", "WU", "48%"),
    Record("M-2", "IEC", "2.1 meq/g"),
]


def test_a_right_answer_in_other_words_order_and_units() -> None:
    answer = [
        Record("M−2", "IEC", "2.1 mmol g⁻¹"),
        Record("m-1", "WU", "48 %"),
        Record("M-1", "IC", "0.045 S/cm (303 K)"),
        Record("M-1", "IC", "0.098 S cm−1 at 80°C"),
    ]
    found = score_records(answer, REFERENCE)
    assert found.pop("materials") == Overlap(2, 0, 0)
    assert found.pop("conditions") == Overlap(2, 0, 0)
    assert set(found.values()) == {Overlap(4, 0, 0)}


def test_by_field_by_hand() -> None:
    answer = [
        Record("M-2 membrane", "IEC", "2.1 meq/g"),  # all but the material's name
        Record("M-1", "IC", "98 mS/cm at 30 °C"),  # another condition
        Record("M-1", "IC", "45 S/cm at 30 °C"),  # another unit, so another value
        Record("M-1", "WU", "50%"),  # another value
    ]
    assert score_records(answer, REFERENCE) == {
        "materials": Overlap(found=1, missed=1, invented=1),
        "properties": Overlap(found=4, missed=0, invented=0),
        "values": Overlap(found=2, missed=2, invented=2),
        "units": Overlap(found=3, missed=1, invented=1),
        "conditions": Overlap(found=1, missed=1, invented=1),
        "records": Overlap(found=0, missed=4, invented=4),
    }


def test_a_value_under_another_material_or_property_is_not_found() -> None:
    swapped = [Record("M-2", "WU", "48%"), Record("M-1", "IEC", "2.1 meq/g")]
    assert pair_records(swapped, REFERENCE) == []
    assert score_records(swapped, REFERENCE)["values"] == Overlap(0, 4, 2)


def test_a_material_like_another_that_both_name_is_not_taken_for_it() -> None:
    reference = [Record("QPC", "WU", "64%"), Record("QPC/PTFE", "WU", "41%")]
    answer = [Record("QPC", "WU", "64%"), Record("QPC", "WU", "41%")]
    assert pair_records(answer, reference) == [(answer[0], reference[0])]
    assert len(pair_records(answer[1:], reference[1:])) == 1


def test_of_two_values_of_a_property_each_finds_its_own() -> None:
    pairs = pair_records(REFERENCE[1::-1], REFERENCE)
    assert all(a == r for a, r in pairs)
    assert len(pairs) == 2


def test_nothing_and_nothing() -> None:
    assert score_records([], [])["records"] == Overlap(0, 0, 0)
    assert score_records([], REFERENCE)["records"] == Overlap(0, 4, 0)
    assert score_records(REFERENCE, [])["records"] == Overlap(0, 0, 4)


@given(st.permutations(REFERENCE), st.sets(st.integers(0, 3)))
def test_order_says_nothing(shuffled: list[Record], left: set[int]) -> None:
    some = [REFERENCE[i] for i in sorted(left)]
    again = [record for record in shuffled if record in some]
    assert score_records(again, shuffled) == score_records(some, REFERENCE)
    assert score_records(again, shuffled)["records"] == Overlap(len(some), 4 - len(some), 0)
