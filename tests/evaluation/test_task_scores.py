from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from chemtune.dataset.example import Example
from chemtune.domains import find_domain
from chemtune.evaluation.statistics import ratio_interval
from chemtune.evaluation.task_scores import card_of, score_replies, score_tasks
from chemtune.tasks.load import load_tasks
from chemtune.tasks.task import Task

TASKS = load_tasks(find_domain("chemistry").task_folder)
NAMES, WORDS = "summarization_extraction", "keyword_extraction"
ANSWER = 'Summary: KOH conducts 98 mS/cm.\nChemnames: {0: "KOH", 1: "water"}'


def card(task: Task, examples: list[Example], replies: list[str]) -> dict[str, Any]:
    return card_of(task.title, score_replies(task, examples, replies))


def example(number: int, task: str = NAMES, answer: str = ANSWER, parent: str = "") -> Example:
    from chemtune.documents.document import Document

    document = Document(f"d{number}", f"KOH in water conducts 98 mS/cm, number {number}.")
    return Example(
        document_id=document.id,
        document=document.name,
        task=task,
        split="test",
        messages=TASKS[task].write(document),
        answer=answer,
        language="en",
        source="",
        licence="",
        teacher="t",
        parent=parent,
    )


def test_a_card_by_hand() -> None:
    examples = [example(i) for i in range(4)]
    half = 'Summary: KOH conducts 98 mS/cm.\nChemnames: {0: "KOH", 1: "gold"}'
    replies = [ANSWER, half, "Summary: nothing", ""]
    found = card(TASKS[NAMES], examples, replies)
    assert (found["total"], found["documents"], found["readable"]) == (4, 4, 2)
    assert found["reasons"] == {"holds no 'Chemnames:'": 1, "holds no 'Summary:'": 1}
    names = found["measures"]["F1 names"]
    # Found 2 + 1; missed 1 and, unreadable, twice 2; invented 1.
    assert (names["found"], names["missed"], names["invented"]) == (3, 5, 1)
    assert names["value"] == pytest.approx(2 * 3 / (2 * 3 + 5 + 1))
    assert (names["examples"], names["better"], names["main"]) == (4, "higher", True)
    assert names["interval95"] == ratio_interval([4, 2, 0, 0], [4, 4, 2, 2], list("abcd"))
    assert found["measures"]["F1 names, mean of documents"]["value"] == pytest.approx(1.5 / 4)
    invented = found["measures"]["invented numbers"]
    assert (invented["value"], invented["examples"], invented["better"]) == (0.0, 2, "lower")


def test_the_source_is_the_document_without_the_instruction() -> None:
    # The instruction says "at most 20 words"; that number is not the document's.
    task = TASKS["summarization_translation"]
    answer = '{"Q1": "20 nm이다.", "Q2": "98 mS/cm이다.", "Q3": "막이다."}'
    found = card(task, [example(0, task.name, answer)], [answer])
    assert "20" in task.instruction
    assert found["measures"]["invented numbers"]["value"] == pytest.approx(1 / 2)


def test_chunks_of_one_document_are_one_cluster() -> None:
    examples = [example(i, parent="whole") for i in range(3)]
    found = card(TASKS[NAMES], examples, [ANSWER, "", ""])
    assert found["documents"] == 1
    low, high = found["measures"]["F1 names"]["interval95"]
    assert low == high == pytest.approx(found["measures"]["F1 names"]["value"])


def test_the_file_gives_the_cards_again(tmp_path: Path) -> None:
    examples = [example(0), example(1), example(0, WORDS, '["KOH", "water", "ion"]')]
    replies = dict(zip((e.id for e in examples), [ANSWER, "", '["KOH", "gold"]'], strict=True))
    path = tmp_path / "tasks.parquet"
    losses = {e.id: {"nats": 10.0 * n, "bytes": 20} for n, e in enumerate(examples[1:], 1)}
    cards = score_tasks(TASKS, examples, replies, losses, path)
    assert {one["parts"] for one in cards.values()} == {str(path)}
    table = pq.read_table(path)
    sums = table.group_by(["task", "measure"]).aggregate(
        [("numerator", "sum"), ("denominator", "sum")]
    )
    found = {
        (row["task"], row["measure"]): row["numerator_sum"] / row["denominator_sum"]
        for row in sums.to_pylist()
        if row["denominator_sum"]
    }
    expected = {
        (task, name): measure["value"]
        for task, of_task in cards.items()
        for name, measure in of_task["measures"].items()
        if measure["value"] is not None
    }
    readable = {(task, "readable"): of["readable"] / of["total"] for task, of in cards.items()}
    assert found == pytest.approx(expected | readable)
    unreadable = table.filter(pc.invert(table["readable"]))
    assert set(unreadable["example"].to_pylist()) == {examples[1].id}


def test_no_sense_replies_are_told_apart(tmp_path: Path) -> None:
    scored = score_replies(TASKS[NAMES], [example(0), example(1)], ["x", ANSWER])
    assert [one.readable for one in scored] == [False, True]
    assert scored[0].fault == "holds no 'Summary:'"


def test_nothing_asked() -> None:
    found = card(TASKS[NAMES], [], [])
    assert (found["total"], found["measures"]) == (0, {})
