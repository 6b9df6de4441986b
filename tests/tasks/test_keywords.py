from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.documents.document import Document
from chemtune.tasks.aspects import Keyphrases
from chemtune.tasks.task import Task, Unreadable

NAME = "keyword_extraction"
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'\\가힣{}[],:\n`")
TEXT = st.text(CHARACTERS, min_size=1, max_size=12).map(str.strip).filter(bool)


@pytest.mark.parametrize(
    "reply",
    [
        '["fuel cell", "IrO₂"]',
        "Keywords:\n```json\n['fuel cell', 'IrO₂', ]\n```",
        '{"keywords": ["fuel cell", "IrO₂"]} These are the keywords.',
        '[" fuel cell", "IrO₂", "fuel cell", ""]',
    ],
)
def test_read(tasks: dict[str, Task], reply: str) -> None:
    assert tasks[NAME].read(reply) == {"keywords": ["fuel cell", "IrO₂"]}


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("", "holds no JSON list"),
        ("fuel cell, IrO₂", "holds no JSON list"),
        ('{"0": "fuel cell"}', "holds no JSON list"),
        ('["fuel cell", "Ir', "malformed or cut off"),
        ('[["fuel cell", "IrO₂"]]', "a value is not text"),
    ],
)
def test_unreadable(tasks: dict[str, Task], reply: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        tasks[NAME].read(reply)


@settings(deadline=None)
@given(st.lists(TEXT, unique=True, max_size=6))
def test_what_is_rendered_reads_the_same(tasks: dict[str, Task], words: list[str]) -> None:
    answer = {"keywords": words}
    assert tasks[NAME].read(tasks[NAME].render(answer)) == answer


def test_check(
    tasks: dict[str, Task],
    documents: dict[str, Document],
    replies: dict[tuple[str, str], str],
    wrong: Callable[..., Any],
) -> None:
    task, document = tasks[NAME], documents["aem-01"]
    answer = task.read(replies["aem-01", NAME])
    assert wrong(task, answer, document) == []
    message = "no keyword stands in the document"
    (invented,) = [
        f
        for f in task.check({"keywords": ["zeolites", "ore", "glass"]}, document)
        if f.severity == "error"
    ]
    assert invented.message == message
    for count in (2, 9):
        words = {"keywords": ["fuel cell"] * count}
        assert wrong(task, words, document) == [("format", "keywords", "")]


def test_a_keyword_that_the_text_lacks_is_a_warning(
    tasks: dict[str, Task], documents: dict[str, Document]
) -> None:
    answer = {"keywords": ["fuel cell", "alkaline stability", "KOH"]}
    findings = tasks[NAME].check(answer, documents["aem-01"])
    assert [finding.severity for finding in findings] == ["grounded", "warning", "grounded"]


def test_scored(tasks: dict[str, Task]) -> None:
    answer = {"keywords": ["Fuel Cell", "fuel cell", "IrO₂"]}
    assert tasks[NAME].scored(answer) == (Keyphrases(("Fuel Cell", "fuel cell", "IrO₂")),)
    assert tasks[NAME].compared(answer).items == {"keywords": {"fuelcell", "iro2"}}
