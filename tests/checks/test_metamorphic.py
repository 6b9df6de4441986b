"""Every record of the sample: what is done to its document must change what the checks say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chemtune.checks.binding import of_another
from chemtune.checks.finding import errors
from chemtune.checks.grounding import GroundText
from chemtune.checks.quantities import split_conditions, standing
from chemtune.documents.document import Document
from chemtune.documents.read import read_documents
from chemtune.domains import find_domain
from chemtune.tasks.load import load_tasks

SAMPLE = Path(__file__).resolve().parents[2] / "src/chemtune/domains/chemistry/sample"
NAME = "information_extraction_2"
TASK = load_tasks(find_domain("chemistry").task_folder)[NAME]
FILE = SAMPLE / "documents/aem_membranes.jsonl"
DOCUMENTS = {d.name: d for d in read_documents([FILE], columns={})}
REPLIES = [json.loads(line) for line in (SAMPLE / "replies/aem_membranes.jsonl").open("rb")]
RECORDS = [
    (reply["document"], material, name, value)
    for reply in REPLIES
    if reply["task"] == NAME
    for material, values in TASK.read(reply["reply"]).items()
    for name, found in values.items()
    for value in found
]
IDS = [f"{document}-{material}-{value}" for document, material, _, value in RECORDS]


def record(material: str, name: str, value: str) -> dict[str, Any]:
    return {material: {field: [value] if field == name else [] for field in ("WU", "IEC", "IC")}}


def wrong(document: Document, material: str, name: str, value: str) -> list[str]:
    findings = errors(TASK.check(record(material, name, value), document))
    return [finding.check for finding in findings]


def changed(document: Document, old: str, new: str) -> Document:
    title, text = document.title.replace(old, new), document.text.replace(old, new)
    assert (title, text) != (document.title, document.text)
    return replace(document, title=title, text=text)


def number_of(value: str) -> str:
    match = re.match(r"[\d.]+", value)
    assert match
    return match[0]


def test_there_are_enough() -> None:
    assert len(RECORDS) >= 60


@pytest.mark.parametrize(("name", "material", "field", "value"), RECORDS, ids=IDS)
def test_a_record(name: str, material: str, field: str, value: str) -> None:
    document = DOCUMENTS[name]
    assert wrong(document, material, field, value) == []
    quantity, _ = split_conditions(value)
    number = number_of(quantity)
    other = f"{float(number) + 1000:g}"
    swapped = Document(
        document.name,
        re.sub(rf"(?<![\d.]){re.escape(number)}(?![\d]|\.\d)", other, document.text),
        re.sub(rf"(?<![\d.]){re.escape(number)}(?![\d]|\.\d)", other, document.title),
    )
    # The evidence is another: the old answer has no ground, and the new one has.
    assert "grounding" in wrong(swapped, material, field, value)
    if number not in material and value.count(number) == 1:
        assert wrong(swapped, material, field, value.replace(number, other, 1)) == []
    # The evidence is gone.
    text = GroundText.of(document.content)
    gone = document.content
    for start, end, _ in reversed(standing(text, quantity)):
        gone = gone[:start] + "some" + gone[end:]
    assert "grounding" in wrong(Document(document.name, gone), material, field, value)
    # The material is another.
    renamed = changed(document, material, "XYZ-7")
    assert "grounding" in wrong(renamed, material, field, value)
    assert "grounding" not in wrong(renamed, "XYZ-7", field, value) or number in material
    # Written in another way, it is the same.
    dashes = Document(
        document.name,
        document.text.replace("−", "-").replace("–", "-").replace(" ", "\u202f"),
        document.title.replace("−", "-").replace("–", "-"),
    )
    assert "grounding" not in wrong(dashes, material, field, value)


@pytest.mark.parametrize(
    ("text", "value", "checks"),
    [
        ("The water uptake of M-1 was 12%.", "12%", []),
        ("The swelling ratio of M-1 was 12%.", "12%", ["binding"]),
        ("M-1 had 12% water uptake and a swelling ratio of 9%.", "12%", []),
        ("M-1 had a water uptake of 35% and a swelling ratio of 12%.", "12%", ["binding"]),
        ("M-1 had a swelling ratio of 12% and a water uptake of 35%.", "35%", []),
        # It stands twice, and one place is good.
        ("The swelling ratio of M-1 was 12%. Its water uptake was 12%, too.", "12%", []),
        # Nothing in the sentence says what it is: no objection.
        ("M-1 was soaked. It took up 12%.", "12%", []),
        ("At 30 °C the water uptake of M-1 was 12%, at 80 °C 20%.", "12% at 80 °C", ["binding"]),
        ("At 30 °C the water uptake of M-1 was 12%, at 80 °C 20%.", "12% at 30 °C", []),
        ("At 30 °C the water uptake of M-1 was 12%, at 80 °C 20%.", "20% at 80 °C", []),
        ("The WU of M-1 rose from 12% at 30 °C to 20% at 80 °C.", "20% at 30 °C", ["binding"]),
        ("The WU of M-1 rose from 12% at 30 °C to 20% at 80 °C.", "12% at 30 °C", []),
        ("WU and swelling ratio of M-1 were 35 and 12%, respectively.", "12%", []),
        ("The WU and swelling ratio of M-1 were 35% and 12%.", "35%", []),
        ("M-1 had a WU of 12 and 20% at 30 and 80 °C, respectively.", "20% at 30 °C", ["binding"]),
        ("M-1 had a WU of 12 and 20% at 30 and 80 °C, respectively.", "20% at 80 °C", []),
        (
            "At 30 and 80 °C, the WU of M-1 was 12% and 20%, respectively.",
            "12% at 80 °C",
            ["binding"],
        ),
        ("The WU of M-1 was 12% at 353 K and 9% at 303 K.", "12% at 80 °C", []),
        ("The WU of M-1 was 12% at 353 K and 9% at 303 K.", "12% at 30 °C", ["binding"]),
        ("M-1의 swelling ratio는 12%이고 WU는 35%이다.", "12%", ["binding"]),
        ("M-1의 WU는 30 °C에서 12%, 80 °C에서 20%이다.", "20% at 30 °C", ["binding"]),
    ],
)
def test_a_value_is_bound_to_its_property_and_condition(
    text: str, value: str, checks: list[str]
) -> None:
    assert wrong(Document("d", text), "M-1", "WU", value) == checks


def test_what_is_equal_after_conversion_stands() -> None:
    document = Document("d", "The conductivity of M-1 was 98 mS cm−1.")
    for value, how in (("98 mS cm−1", "exact"), ("98 mS cm-1", "normalized"),
                       ("0.098 S/cm", "converted"), ("9.8 S/m", "converted")):  # fmt: skip
        (_, finding) = TASK.check(record("M-1", "IC", value), document)
        assert (finding.severity, finding.how) == ("grounded", how)
        assert document.content[finding.start : finding.end] == "98 mS cm−1"
    assert wrong(document, "M-1", "IC", "0.98 S/cm") == ["grounding"]


def test_decomposed_hangul_is_found() -> None:
    import unicodedata

    text = unicodedata.normalize("NFD", "이 막은 폴리(페닐렌 옥사이드)로 만들었다.")
    span = GroundText.of(text).find("폴리(페닐렌 옥사이드)")
    assert span is not None
    assert unicodedata.normalize("NFC", text[slice(*span)]) == "폴리(페닐렌 옥사이드)"


TWO = (
    "The QPPO-20 membrane was cast first. QPPO-20 reached 13 mS/cm at 30 °C. "
    "{middle} QPPO-40 reached 41 mS/cm. The conductivity of QPPO was not measured."
)


@pytest.mark.parametrize(
    ("middle", "value", "told"),
    [
        ("", "41 mS/cm", "stands with 'QPPO-40'"),
        ("", "13 mS/cm", None),
        # Stands with both, in one sentence or in two: nothing is said.
        ("QPPO-20 was measured as well: 41 mS/cm.", "41 mS/cm", None),
        ("41 mS/cm was found for QPPO-40 and QPPO-20.", "41 mS/cm", None),
        ("Later 41 mS/cm was found.", "41 mS/cm", None),
    ],
)
def test_a_value_of_another_material(middle: str, value: str, told: str | None) -> None:
    text = TWO.format(middle=middle)
    places = list(GroundText.of(text).places(value))
    assert places
    assert of_another(text, places, "QPPO-20", ["QPPO-40", "QPPO"]) == told
