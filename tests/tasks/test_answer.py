from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.documents.document import Document
from chemtune.tasks.aspects import Prose
from chemtune.tasks.task import Task, Unreadable

SHORT, LONG = "question_answering_short", "question_answering_long"
TEXT = st.text(st.characters(exclude_categories=["Cs"])).map(str.strip).filter(bool)


@pytest.mark.parametrize("name", [SHORT, LONG])
def test_the_whole_reply_is_the_answer(tasks: dict[str, Task], name: str) -> None:
    assert tasks[name].read("\n158.03 g/mol\n\nSo.\n") == {"text": "158.03 g/mol\n\nSo."}
    with pytest.raises(Unreadable, match=r"^is empty$"):
        tasks[name].read(" \n")


@settings(deadline=None)
@given(TEXT)
def test_what_is_rendered_reads_the_same(tasks: dict[str, Task], text: str) -> None:
    assert tasks[LONG].read(tasks[LONG].render({"text": text})) == {"text": text}


def test_check(
    tasks: dict[str, Task], documents: dict[str, Document], wrong: Callable[..., Any]
) -> None:
    document = documents["qa-short-02"]
    long = {"text": "word " * 26}
    assert wrong(tasks[SHORT], {"text": "158.03 g/mol"}, document) == []
    assert [check for check, *_ in wrong(tasks[SHORT], long, document)] == ["length"]
    assert wrong(tasks[LONG], long, document) == []


def test_a_document_may_bring_its_answer(
    tasks: dict[str, Task], documents: dict[str, Document]
) -> None:
    assert tasks[SHORT].known(documents["qa-short-02"]) == {"text": "158.03 g/mol"}
    for fields in ({}, {"answer": " "}, {"answer": 3}):
        assert tasks[SHORT].known(Document("d", "What?", fields=fields)) is None


def test_scored(tasks: dict[str, Task]) -> None:
    assert tasks[SHORT].scored({"text": "4"}) == (Prose("text", "4", "short answer"),)
    assert tasks[LONG].scored({"text": "4"}) == (Prose("text", "4", "long answer"),)
    assert tasks[SHORT].compared({"text": "4"}).texts == {"text": "4"}
