from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.documents.document import Document
from chemtune.tasks.task import Task, Unreadable

NAME = "information_extraction_1"
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'\\가힣{}[],:\n`")
TEXT = st.text(CHARACTERS, min_size=1, max_size=20).map(str.strip).filter(bool)
ANSWER = {"Q1": "IrO₂", "Q2": "N/A", "Q3": "heated in air", "Q4": "anodes"}


@pytest.mark.parametrize(
    "reply",
    [
        '{"Q1": "IrO₂", "Q2": "N/A", "Q3": "heated in air", "Q4": "anodes"}',
        "```\n{'Q1': 'IrO₂', 'Q2': '', 'Q3': 'heated in air', 'Q4': 'anodes'}\n```",
        'Here: {"Q1": "IrO₂", "Q2": " ", "Q3": " heated in air", "Q4": "anodes"} Done.',
    ],
)
def test_read(tasks: dict[str, Task], reply: str) -> None:
    assert tasks[NAME].read(reply) == ANSWER


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("N/A", "holds no JSON object"),
        ('[{"Q1": "IrO₂"}]', "lacks Q2, Q3, Q4$"),
        ('{"Q1": "IrO₂", "Q2": "ATO", "Q3": "N/A"', "malformed or cut off"),
        (
            '{"Q1": "a", "Q2": ["b", "c"], "Q3": "d", "Q4": "e"}',
            r"Q2 is not text: \"\['b', 'c'\]\"",
        ),
    ],
)
def test_unreadable(tasks: dict[str, Task], reply: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        tasks[NAME].read(reply)


@settings(deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(ANSWER, TEXT)))
def test_what_is_rendered_reads_the_same(tasks: dict[str, Task], answer: dict[str, str]) -> None:
    assert tasks[NAME].read(tasks[NAME].render(answer)) == answer


def test_check(
    tasks: dict[str, Task],
    documents: dict[str, Document],
    replies: dict[tuple[str, str], str],
    wrong: Callable[..., Any],
) -> None:
    task, document = tasks[NAME], documents["pem-01"]
    answer = task.read(replies["pem-01", NAME])
    assert wrong(task, answer, document) == []
    assert wrong(task, answer | {"Q1": "ruthenium"}, document) == [("grounding", "Q1", "ruthenium")]
    assert wrong(task, answer | {"Q1": "N/A", "Q2": "-"}, document) == []
    # Two phrases may stand apart, and each is looked for.
    assert wrong(task, answer | {"Q1": "platinum and nitrogen, ammonia"}, document) == []
    assert wrong(task, answer | {"Q1": "platinum and silver"}, document) == [
        ("grounding", "Q1", "silver")
    ]


def test_scored(tasks: dict[str, Task]) -> None:
    (names,) = tasks[NAME].scored(ANSWER)
    assert [len(phrases) for phrases in names.by_label.values()] == [1, 0, 1, 1]
    assert names.by_label["Catalyst (Q1)"] == (ANSWER["Q1"],)
    assert tasks[NAME].compared(ANSWER).items == {
        "Q1": {"iro2"}, "Q2": set(), "Q3": {"heatedinair"}, "Q4": {"anodes"},
    }  # fmt: skip
