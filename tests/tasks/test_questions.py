from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.documents.document import Document
from chemtune.tasks.task import Task, Unreadable

NAME = "summarization_translation"
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'\\가힣{}[],:\n`")
TEXT = st.text(CHARACTERS, max_size=20).map(str.strip)
ANSWER = {"Q1": "막을 만들었다.", "Q2": "IrO₂의 'x'", "Q3": "좋다."}


@pytest.mark.parametrize(
    "reply",
    [
        '{"Q1": "막을 만들었다.", "Q2": "IrO₂의 \'x\'", "Q3": "좋다."}',
        '```json\n{\n "Q1": "막을 만들었다.",\n "Q2": "IrO₂의 \'x\'",\n "Q3": "좋다.",\n}\n```',
        "{'Q1': '막을 만들었다.', 'Q2': \"IrO₂의 'x'\", 'Q3': '좋다.'} 이상입니다.",
        '{"Q3": "좋다.", "Q2": "IrO₂의 \'x\'", "Q1": " 막을 만들었다. ", "Q4": ["more"]}',
    ],
)
def test_read(tasks: dict[str, Task], reply: str) -> None:
    assert tasks[NAME].read(reply) == ANSWER


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("", "holds no JSON object: ''"),
        ("Q1: 막을 만들었다.", "holds no JSON object"),
        ('["a", "b", "c"]', "holds no JSON object"),
        ('{"Q1": "막을 만들', "malformed or cut off"),
        ('{"q1": "a", "Q2": "b", "Q3": "c"}', "lacks Q1$"),
        ('{"1": "a"}', "lacks Q1, Q2, Q3$"),
        ('{"Q1": ["a"], "Q2": "b", "Q3": "c"}', "Q1 is not text"),
        ("{\"Q1\": __import__('os').system('x')}", "malformed or cut off"),
    ],
)
def test_unreadable(tasks: dict[str, Task], reply: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        tasks[NAME].read(reply)


@settings(deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(ANSWER, TEXT)))
def test_what_is_rendered_reads_the_same(tasks: dict[str, Task], answer: dict[str, str]) -> None:
    rendered = tasks[NAME].render(answer)
    assert "\n" not in rendered
    assert tasks[NAME].read(rendered) == answer


def test_check(
    tasks: dict[str, Task],
    documents: dict[str, Document],
    replies: dict[tuple[str, str], str],
    wrong: Callable[..., Any],
) -> None:
    task, document = tasks[NAME], documents["aem-01"]
    answer = task.read(replies["aem-01", NAME])
    assert wrong(task, answer, document) == []

    def checks(**changed: str) -> list[tuple[str, str]]:
        return [found[:2] for found in wrong(task, answer | changed, document)]

    assert checks(Q1="막을 만들었다. 좋다.") == [("length", "Q1")]
    assert checks(Q2="아 " * 21) == [("length", "Q2")]
    assert checks(Q3="It is good.") == [("language", "Q3")]
    assert checks(Q3="") == [("format", "Q3")]


def test_an_invented_number_is_a_warning(
    tasks: dict[str, Task], documents: dict[str, Document]
) -> None:
    answer = {"Q1": "147 mS/cm이다. 하나. 둘.", "Q2": "목적", "Q3": "전도도는 2.46과 77.5이다."}
    warned = [
        (f.field, f.value)
        for f in tasks[NAME].check(answer, documents["aem-01"])
        if f.severity == "warning"
    ]
    assert warned == [("Q3", "77.5")]


def test_scored(tasks: dict[str, Task]) -> None:
    scored = tasks[NAME].scored(ANSWER)
    assert {prose.field: prose.text for prose in scored} == ANSWER
    assert {prose.role for prose in scored} == {"summary"}
    (translation,) = tasks["translation"].scored({"Translation": "막이다."})
    assert translation.role == "translation"
    assert tasks[NAME].compared(ANSWER).texts == ANSWER
