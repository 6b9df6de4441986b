from __future__ import annotations

import pytest

from chemtune.evaluation.metrics.measures import Measured, measure
from chemtune.tasks.aspects import (
    Aspect,
    Keyphrases,
    Label,
    Names,
    PropertyRecords,
    Prose,
    Record,
)

SOURCE = "The AEM membrane M-1 of polystyrene conducts 98 mS/cm at 80 °C."
SUMMARY = Prose("summary", "M-1 conducts 98 mS/cm.", "summary")
KOREAN = Prose("Q1", "M-1 막의 전도도는 98 mS/cm이다.", "summary")
WHOLE = Prose("Q1", "폴리스타이렌의 AEM 막 M-1은 80 °C에서 98 mS/cm이다.", "translation")
NAMES = Names("entities", {"chemical": ("polystyrene",), "material": ("M-1", "AEM")})
RECORDS = PropertyRecords((Record("M-1", "IC", "98 mS/cm at 80 °C"),))
NO_DATA = PropertyRecords(())

CASES: list[tuple[Aspect, Aspect]] = [
    (Label("label", "a"), Label("label", "b")),
    (NAMES, Names("entities", {"chemical": ("M-1",), "material": ("AEM membrane",)})),
    (Keyphrases(("AEM", "ion")), Keyphrases(("AEM", "gold"))),
    (RECORDS, PropertyRecords((Record("M-1", "IC", "89 mS/cm at 80 °C"),))),
    (NO_DATA, RECORDS),
    (SUMMARY, Prose("summary", "M-1 is 98 S/cm thick.", "summary")),
    (KOREAN, Prose("Q1", "M-1 membrane의 전도도는 89 mS/cm이다.", "summary")),
    (WHOLE, Prose("Q1", "AEM 막은 89 mS/cm이다.", "translation")),
    (Prose("text", "98 mS/cm", "short answer"), Prose("text", "89 mS/cm", "short answer")),
    (Prose("text", "It is 98 mS/cm.", "long answer"), Prose("text", "It is 1.", "long answer")),
]


def values(reference: Aspect, answer: Aspect | None) -> dict[str, float | None]:
    found = measure([reference], None if answer is None else [answer], SOURCE)
    return {m.name: value(m) for m in found}


def value(measured: Measured) -> float | None:
    part = measured.part
    return part.numerator / part.denominator if part.denominator else None


@pytest.mark.parametrize(("reference", "wrong"), CASES)
def test_the_reference_is_best_and_a_wrong_answer_is_worse(
    reference: Aspect, wrong: Aspect
) -> None:
    lower = {m.name for m in measure([reference], [reference], SOURCE) if m.better == "lower"}
    right, worse = values(reference, reference), values(reference, wrong)
    assert right.keys() == worse.keys() == values(reference, None).keys()
    # A summary tells a part of its document, which is no fault.
    partly = {"numbers of the document", "terms of the document"}
    assert {v for n, v in right.items() if n not in lower | partly and v is not None} == {1.0}
    assert {v for n, v in right.items() if n in lower and v is not None} <= {0.0}
    differ = [n for n in right if None not in (right[n], worse[n]) and right[n] != worse[n]]
    assert all((worse[n] > right[n]) is (n in lower) for n in differ)
    main = {m.name for m in measure([reference], [reference], SOURCE) if m.main}
    assert main & set(differ)


@pytest.mark.parametrize(("reference", "wrong"), CASES)
def test_an_unreadable_answer_misses_all(reference: Aspect, wrong: Aspect) -> None:
    del wrong
    for one in measure([reference], None, SOURCE):
        assert one.part.numerator == 0
        if one.better == "lower":
            assert one.part.denominator == 0
        if one.part.overlap is not None:
            assert (one.part.overlap.found, one.part.overlap.invented) == (0, 0)


def test_documents_without_data() -> None:
    assert values(NO_DATA, NO_DATA)["no data, none given"] == 1.0
    assert values(NO_DATA, RECORDS)["no data, none given"] == 0.0
    assert values(NO_DATA, None)["no data, none given"] == 0.0
    assert values(RECORDS, RECORDS)["no data, none given"] is None
    nothing = Names("names", {"names": ()})
    assert values(nothing, nothing)["F1 names, mean of documents"] == 1.0
    assert values(nothing, None)["F1 names, mean of documents"] == 0.0
    assert values(nothing, nothing)["F1 names"] is None


def test_entities_by_label_by_hand() -> None:
    found = values(*CASES[1])
    # "AEM membrane" is half of AEM; nothing is equal under its own label.
    assert found["F1 entities"] == 0.0
    assert found["F1 entities, lenient"] == pytest.approx(2 * 0.5 / 5)
    assert (found["F1 chemical"], found["F1 material"]) == (0.0, 0.0)


def test_texts_of_several_fields_are_summed() -> None:
    two = [KOREAN, Prose("Q2", "막의 개발", "summary")]
    half = [KOREAN, Prose("Q2", "", "summary")]
    found = {m.name: m.part for m in measure(two, half, SOURCE)}
    assert (found["chrF++"].numerator, found["chrF++"].denominator) == (pytest.approx(1.0), 2)
    assert (found["numbers kept"].numerator, found["numbers kept"].denominator) == (1, 1)


def test_a_translation_keeps_the_documents_numbers_a_summary_its_references() -> None:
    assert values(WHOLE, CASES[7][1])["numbers kept"] == 0.0
    only = Prose("Q1", "98 mS/cm이다.", "translation")
    assert values(only, only)["numbers kept"] == 0.5
    assert values(KOREAN, KOREAN)["numbers kept"] == 1.0


def test_what_a_summary_tells_of_its_document() -> None:
    found = values(SUMMARY, Prose("summary", "The AEM conducts 98 mS/cm.", "summary"))
    # 98 mS/cm, but not 80 °C; AEM, but not polystyrene.
    assert found["numbers of the document"] == pytest.approx(1 / 2)
    assert found["terms of the document"] == pytest.approx(1 / 2)
    assert "numbers of the document" not in values(WHOLE, WHOLE)


def test_english_has_no_code_switches() -> None:
    assert "English words" not in values(SUMMARY, SUMMARY)
    found = values(KOREAN, CASES[6][1])
    assert found["English words"] == pytest.approx(1 / 4)
