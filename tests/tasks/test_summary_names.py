from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.documents.document import Document
from chemtune.tasks.aspects import Names, Prose
from chemtune.tasks.task import Task, Unreadable

NAME = "summarization_extraction"
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'\\가힣{}[],:\n`")
TEXT = st.text(CHARACTERS, min_size=1, max_size=20).map(str.strip).filter(bool)
LINE = TEXT.map(lambda text: " ".join(text.split())).filter(
    lambda text: "chemnames" not in text.lower() and not text.startswith("**")
)
ANSWER = {"summary": "IrO₂ on ATO works.", "names": ["IrO₂", "p-xylene"]}


@pytest.mark.parametrize(
    "reply",
    [
        'Summary: IrO₂ on ATO works.\nChemnames: {0: "IrO₂", 1: "p-xylene"}',
        'Summary: IrO₂ on ATO works.\nChemnames: {"0": "IrO₂", "1": "p-xylene"}',
        "Summary: IrO₂ on ATO works.\nChemnames: {0: 'IrO₂', 1: 'p-xylene'}",
        'Summary: IrO₂ on ATO works.\nChemnames: ["IrO₂", "p-xylene"]',
        'Summary: IrO₂ on ATO works. Chemnames: {0: "IrO₂", 1: "p-xylene"}',
        'Ok\n```\nSummary: IrO₂ on ATO works.\n\nChemnames: {0: "IrO₂", 1: "p-xylene"}\n```\nBye',
        '**Summary:** IrO₂ on ATO works.\n**Chemnames:** {0: "IrO₂", 1: "p-xylene"}',
        'summary : IrO₂ on ATO works.\nchemnames : {0: "IrO₂", 1: "IrO₂", 2: "p-xylene"}',
        'Summary:\nIrO₂ on ATO works.\nChemnames:\n```json\n{"a": "IrO₂", "b": "p-xylene"}\n```',
    ],
)
def test_read(tasks: dict[str, Task], reply: str) -> None:
    assert tasks[NAME].read(reply) == ANSWER


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("", "holds no 'Summary:'"),
        ('{"summary": "A b.", "names": []}', "holds no 'Summary:'"),
        ("Summary: A b.", "holds no 'Chemnames:'"),
        ("Summary:\nChemnames: {0: 'a'}", "holds no 'Summary:'"),
        ("Summary: A b.\nChemnames: KOH, IrO₂", "holds no JSON object"),
        ('Summary: A b.\nChemnames: {0: "KOH", 1: "Ir', "malformed or cut off"),
        ('Summary: A b.\nChemnames: {0: {"name": "KOH"}}', "a value is not text"),
    ],
)
def test_unreadable(tasks: dict[str, Task], reply: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        tasks[NAME].read(reply)


@settings(deadline=None)
@given(LINE, st.lists(TEXT, unique=True, max_size=4))
def test_what_is_rendered_reads_the_same(
    tasks: dict[str, Task], summary: str, names: list[str]
) -> None:
    answer = {"summary": summary, "names": names}
    assert tasks[NAME].read(tasks[NAME].render(answer)) == answer


def test_render(tasks: dict[str, Task]) -> None:
    assert tasks[NAME].render(ANSWER).splitlines() == [
        "Summary: IrO₂ on ATO works.",
        'Chemnames: {0: "IrO₂", 1: "p-xylene"}',
    ]


def test_check(
    tasks: dict[str, Task],
    documents: dict[str, Document],
    replies: dict[tuple[str, str], str],
    wrong: Callable[..., Any],
) -> None:
    task, document = tasks[NAME], documents["aem-01"]
    answer = task.read(replies["aem-01", NAME])
    assert wrong(task, answer, document) == []
    invented = {**answer, "names": [*answer["names"], "ruthenium"]}
    assert wrong(task, invented, document) == [("grounding", "names", "ruthenium")]
    long = {**answer, "summary": "word " * 41}
    assert [check for check, *_ in wrong(task, long, document)] == ["length"]
    korean = {**answer, "summary": "막을 만들었다."}
    assert [check for check, *_ in wrong(task, korean, document)] == ["language"]


def test_scored(tasks: dict[str, Task]) -> None:
    answer = {"summary": "A b.", "names": ["IrO₂", "Carbon Black"]}
    names, summary = tasks[NAME].scored(answer)
    assert names == Names("names", {"names": ("IrO₂", "Carbon Black")})
    assert summary == Prose("summary", "A b.", "summary")
    compared = tasks[NAME].compared(answer)
    assert compared.items == {"names": {"iro2", "carbonblack"}}
    assert compared.texts == {"summary": "A b."}


def test_names_are_written_as_json(tasks: dict[str, Task]) -> None:
    name = 'N,N\'-"x" \\ 가'
    rendered = tasks[NAME].render({"summary": "A b.", "names": [name]})
    assert json.dumps(name, ensure_ascii=False) in rendered
