from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.checks.finding import Finding
from chemtune.documents.document import Document
from chemtune.tasks.task import Task, Unreadable

NAME = "information_extraction_2"
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'\\가힣{}[],:\n`")
TEXT = st.text(CHARACTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
ABSENT = {"-", "–", "—", "n/a", "none"}
VALUES = st.lists(TEXT.filter(lambda text: text.casefold() not in ABSENT), unique=True, max_size=3)
ANSWER = {"PTP-90": {"WU": ["48%"], "IEC": [], "IC": ["61 mS/cm", "147 mS/cm"]}}


@pytest.mark.parametrize(
    "reply",
    [
        '{"AEM_MAT": {"PTP-90": {"WU": "48%", "IEC": "-", "IC": ["61 mS/cm", "147 mS/cm"]}}}',
        "```json\n{'AEM_MAT': {'PTP-90': {'WU': '48%', 'IC': ['61 mS/cm', '147 mS/cm']}}}\n```",
        'So:\n{"AEM_MAT": {" PTP-90": {"WU": ["48%", "48%"], "IEC": null, '
        '"IC": ["61 mS/cm", "147 mS/cm"]}}}\nDone.',
        '{"AEM_MAT": {"PTP-90": {"IEC": "N/A", "WU": "48%", "IC": ["61 mS/cm","147 mS/cm", "—"]}}}',
    ],
)
def test_read(tasks: dict[str, Task], reply: str) -> None:
    assert tasks[NAME].read(reply) == ANSWER


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("", "holds no JSON object"),
        ('{"PTP-90": {"WU": "48%"}}', "lacks AEM_MAT, an object of materials"),
        ('{"AEM_MAT": ["PTP-90"]}', "lacks AEM_MAT, an object of materials"),
        ('{"AEM_MAT": {"PTP-90": {"WU": "48%"}, "QP', "malformed or cut off"),
        ('{"AEM_MAT": {"PTP-90": "48%"}}', "'PTP-90' is not an object of properties"),
        ('{"AEM_MAT": {"A": {"WU": "1%", "RH": "2%", "x": 1}}}', "'A' has .* not asked for: RH, x"),
        ('{"AEM_MAT": {"A": {"WU": [{"value": "1%"}]}}}', "a value is not text"),
        ('{"AEM_MAT": {"A": {"WU": {"value": "1%"}}}}', "a value is not text"),
    ],
)
def test_unreadable(tasks: dict[str, Task], reply: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        tasks[NAME].read(reply)


@settings(deadline=None)
@given(
    st.dictionaries(
        TEXT, st.fixed_dictionaries({"WU": VALUES, "IEC": VALUES, "IC": VALUES}), max_size=3
    )
)
def test_what_is_rendered_reads_the_same(tasks: dict[str, Task], answer: dict[str, Any]) -> None:
    assert tasks[NAME].read(tasks[NAME].render(answer)) == answer


def test_render(tasks: dict[str, Task]) -> None:
    assert json.loads(tasks[NAME].render(ANSWER)) == {
        "AEM_MAT": {"PTP-90": {"WU": "48%", "IEC": "-", "IC": ["61 mS/cm", "147 mS/cm"]}}
    }


def test_the_vocabulary_is_in_the_prompt(
    tasks: dict[str, Task], documents: dict[str, Document]
) -> None:
    for messages in (tasks[NAME].write(documents["aem-01"]), tasks[NAME].ask(documents["aem-01"])):
        system, user = messages
        assert (system["role"], user["role"]) == ("system", "user")
        assert '{"AEM_MAT": {"<material>": {"WU": "<value>"' in system["content"]
        asked = user["content"].removeprefix(documents["aem-01"].content)
        assert "WU: water uptake, water absorption, water affinity, water content; IEC:" in asked
        assert "Do not extract: relative humidity, swelling ratio," in asked
        assert "{" not in asked


def test_check(
    tasks: dict[str, Task],
    documents: dict[str, Document],
    replies: dict[tuple[str, str], str],
    wrong: Callable[..., Any],
) -> None:
    task, document = tasks[NAME], documents["aem-01"]
    answer = task.read(replies["aem-01", NAME])
    assert wrong(task, answer, document) == []

    def checks(material: str = "PTP-90", **changed: list[str]) -> list[tuple[str, str, str]]:
        return wrong(task, {material: answer["PTP-90"] | changed}, document)

    assert checks(material="PTP-95") == [("grounding", "AEM_MAT", "PTP-95")]
    assert checks(IEC=["2.64 mmol/g"]) == [("grounding", "PTP-90.IEC", "2.64 mmol/g")]
    assert checks(IC=["61 S/cm"]) == [("grounding", "PTP-90.IC", "61 S/cm")]
    assert checks(IEC=["12%"]) == [
        ("units", "PTP-90.IEC", "12%"),
        ("binding", "PTP-90.IEC", "12%"),
    ]
    # The swelling ratio is no water uptake, and the value at 30 °C not that at 80 °C.
    assert checks(WU=["12%"]) == [("binding", "PTP-90.WU", "12%")]
    assert checks(IC=["61 mS/cm at 80 °C"]) == [("binding", "PTP-90.IC", "61 mS/cm at 80 °C")]
    assert checks(IC=["0.147 S/cm at 80 °C"]) == []
    assert checks(WU=["high"]) == [("quantities", "PTP-90.WU", "high")]
    assert checks(WU=[], IEC=[], IC=[]) == [("format", "AEM_MAT", "PTP-90")]


def test_what_is_left_absent_beside_a_value_is_a_warning(
    tasks: dict[str, Task], documents: dict[str, Document], replies: dict[tuple[str, str], str]
) -> None:
    task, document = tasks[NAME], documents["aem-01"]
    answer = task.read(replies["aem-01", NAME])
    findings = task.check({"PTP-90": answer["PTP-90"] | {"IEC": []}}, document)
    (missed,) = [finding for finding in findings if finding.severity != "grounded"]
    assert (missed.check, missed.severity, missed.field) == ("absence", "warning", "PTP-90.IEC")
    assert document.content[missed.start : missed.end] == "2.46 mmol/g"


def test_without(tasks: dict[str, Task]) -> None:
    task = tasks[NAME]
    value = Finding("grounding", "error", "PTP-90.IC", "61 mS/cm")
    assert task.without(ANSWER, value) == {
        "PTP-90": {"WU": ["48%"], "IEC": [], "IC": ["147 mS/cm"]}
    }
    assert task.without(ANSWER, Finding("grounding", "error", "AEM_MAT", "PTP-90")) == {}


def test_scored(tasks: dict[str, Task]) -> None:
    (scored,) = tasks[NAME].scored(ANSWER)
    assert {(r.material, r.property, r.value) for r in scored.records} == {
        (material, name, value)
        for material, properties in ANSWER.items()
        for name, values in properties.items()
        for value in values
    }
    assert len(scored.records) == 3


def test_one_value_is_compared_however_its_condition_is_written(tasks: dict[str, Task]) -> None:
    def compared(value: str) -> frozenset[str]:
        answer = {"M-1": {"WU": [], "IEC": [], "IC": [value]}}
        return tasks[NAME].compared(answer).items["IC"]

    first = compared("98 mS/cm at 80 °C")
    for same in ("0.098 S/cm (80 °C)", "98 mS cm−1; 353.15 K", "9.8e-2 S/cm @ 80°C"):
        assert compared(same) == first
    for other in ("98 mS/cm", "98 mS/cm at 30 °C", "80 mS/cm at 98 °C"):
        assert compared(other) != first
