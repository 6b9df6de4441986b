from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.documents.document import Document
from chemtune.documents.question import CIRCLED, LETTERS, Question
from chemtune.errors import InputError
from chemtune.tasks.aspects import Label, Prose
from chemtune.tasks.choice import chosen_option
from chemtune.tasks.task import Task, Unreadable

NAME = "multiple_choice"
CHARACTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"'\\가힣{}[],:\n`")
TEXT = st.text(CHARACTERS, min_size=1, max_size=20).map(str.strip).filter(bool)
ANSWER = {"answer": "② 0.01", "explanation": "나누면 0.01이다."}


def question(*options: str, answer: int = 1, labels: tuple[str, ...] = CIRCLED) -> Question:
    return Question("q", "?", options, answer, labels[: len(options)], "ko")


@pytest.mark.parametrize(
    "reply",
    [
        '{"Answer": "② 0.01", "Explanation": "나누면 0.01이다."}',
        "답입니다.\n```json\n{'Answer': '② 0.01', 'Explanation': '나누면 0.01이다.'}\n```\n끝.",
        '{"Explanation": "나누면 0.01이다.", "Answer": " ② 0.01 "} 참고하세요.',
    ],
)
def test_read(tasks: dict[str, Task], reply: str) -> None:
    assert tasks[NAME].read(reply) == ANSWER


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("② 0.01", "holds no JSON object"),
        ('["② 0.01", "설명"]', "holds no JSON object"),
        ('{"answer": "②", "explanation": "설명"}', "lacks Answer, Explanation$"),
        ('{"Answer": "② 0.01"}', "lacks Explanation$"),
        ('{"Answer": "", "Explanation": "설명"}', "the answer is empty"),
        ('{"Answer": "② 0.01", "Explanation": "설', "malformed or cut off"),
        ('{"Answer": ["②"], "Explanation": "설명"}', "Answer is not text"),
    ],
)
def test_unreadable(tasks: dict[str, Task], reply: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        tasks[NAME].read(reply)


@settings(deadline=None)
@given(TEXT, TEXT)
def test_what_is_rendered_reads_the_same(tasks: dict[str, Task], said: str, why: str) -> None:
    answer = {"answer": said, "explanation": why}
    assert tasks[NAME].read(tasks[NAME].render(answer)) == answer


def test_the_teacher_is_told_the_key_and_the_student_is_not(
    tasks: dict[str, Task], documents: dict[str, Document]
) -> None:
    task, document = tasks[NAME], documents["ko-high-01"]
    (student,), (teacher,) = task.write(document), task.ask(document)
    options = "① 2.80 L\n② 5.60 L\n③ 11.2 L\n④ 22.4 L\n⑤ 89.6 L"
    assert student["content"].startswith(f"{document.text}\n{options}\n\n위 문제의")
    assert "정답은" not in student["content"]
    assert student["content"].count("5.60 L") == 1
    told = "\n정답은 ② 5.60 L이다. 이 답을 그대로 쓰고, 왜 옳은지 해설하라."
    assert teacher["content"] == student["content"] + told


def test_the_key_and_its_explanation_may_be_the_documents(
    tasks: dict[str, Task], documents: dict[str, Document], wrong: Callable[..., Any]
) -> None:
    task, document = tasks[NAME], documents["ko-high-01"]
    known = task.known(document)
    assert known is not None
    assert known["answer"] == "② 5.60 L"
    assert known["explanation"].startswith("11.0/44.0")
    assert wrong(task, known, document) == []
    unexplained = Document("d", "?", fields={"options": ["가", "나"], "answer": "나"})
    assert task.known(unexplained) is None


def test_check(
    tasks: dict[str, Task], documents: dict[str, Document], wrong: Callable[..., Any]
) -> None:
    task, document = tasks[NAME], documents["ko-high-01"]
    right = {"answer": "② 5.60 L", "explanation": "부피는 5.60 L이다."}
    assert wrong(task, right, document) == []
    for answer in ("① 2.80 L", "2.80 L", "2.8 L", "모른다", "⑨"):
        assert wrong(task, right | {"answer": answer}, document) == [("key", "Answer", answer)]
    english = wrong(task, right | {"explanation": "It is 5.60 L."}, document)
    assert [found[:2] for found in english] == [("language", "Explanation")]
    empty = wrong(task, right | {"explanation": ""}, document)
    assert [found[:2] for found in empty] == [("format", "Explanation")]


def test_the_message_says_what_is_right(
    tasks: dict[str, Task], documents: dict[str, Document]
) -> None:
    answer = {"answer": "③", "explanation": "부피는 5.60 L이다."}
    messages = [f.message for f in tasks[NAME].check(answer, documents["ko-high-01"])]
    assert messages == ["is not the key's option; right is '② 5.60 L'"]


@pytest.mark.parametrize(
    ("answer", "options", "index"),
    [
        ("② 0.02", ("0.01", "0.02", "20.02"), 1),
        ("②0.02", ("0.01", "0.02"), 1),
        ("② 5", ("25", "5"), 1),
        ("②5", ("25", "5"), 1),
        ("2 5", ("25", "5"), 1),
        ("25", ("25", "5"), 0),
        ("0.02", ("0.01", "0.02"), 1),
        ("2.80 L", ("5.60 L", "1 L", "2.80 L"), 2),
        ("2.8 L", ("5.60 L", "2.80 L"), None),
        ("2번", ("가", "나"), 1),
        ("(2) 나", ("가", "나"), 1),
        ("2. 나", ("가", "나"), 1),
        ("−111 kJ", ("-677 kJ", "-111 kJ"), 1),
        ("ⅱ", ("가", "나"), None),
        ("7", ("가", "나"), None),
        ("0", ("가", "나"), None),
        ("12", ("가", "나"), None),
        ("모른다", ("가", "나"), None),
    ],
)
def test_chosen_option(answer: str, options: tuple[str, ...], index: int | None) -> None:
    assert chosen_option(answer, question(*options)) == index


@pytest.mark.parametrize(
    "answer", ["B", "b", "(B)", "B. Pt", "B) no", "②", "② Pt", "2", "Pt", "pt"]
)
def test_chosen_option_with_letters(answer: str) -> None:
    assert chosen_option(answer, question("Ag", "Pt", labels=LETTERS)) == 1


@settings(deadline=None)
@given(
    st.lists(
        st.from_regex(r"[0-9]{1,2}(\.[0-9])?", fullmatch=True), min_size=2, max_size=5, unique=True
    ),
    st.integers(0, 4),
)
def test_an_option_behind_its_circled_label_is_chosen(options: list[str], index: int) -> None:
    index %= len(options)
    asked = question(*options, answer=index)
    assert chosen_option(f"{CIRCLED[index]} {options[index]}", asked) == index


def test_a_document_that_is_no_question(tasks: dict[str, Task]) -> None:
    document = Document("d7", "Just a text.", source="papers.jsonl", fields={"answer": "A"})
    with pytest.raises(InputError, match=r"^papers\.jsonl: d7: no column of options"):
        tasks[NAME].write(document)


def test_scored(tasks: dict[str, Task]) -> None:
    task = tasks[NAME]
    label, explanation = task.scored(ANSWER)
    assert label == Label("answer", "2")
    assert explanation == Prose("explanation", "나누면 0.01이다.", "long answer")
    for said in ("②", "2번", "(2) 0.01", "2"):
        assert task.scored(ANSWER | {"answer": said})[0] == label
    assert task.scored(ANSWER | {"answer": "b) Pt"})[0] == Label("answer", "B")
    assert task.compared(ANSWER).items == {"answer": {"2"}}
    assert json.loads(task.render(ANSWER)) == {
        "Answer": "② 0.01",
        "Explanation": "나누면 0.01이다.",
    }


def test_without_explanations_the_key_is_all_of_the_answer(tasks: dict[str, Task]) -> None:
    task = tasks["multiple_choice_answer"]
    document = Document(
        "q1",
        "나누면 얼마인가?",
        fields={"options": ["0.1", "0.01"], "answer": 2, "explanation": "몫"},
    )
    answer = task.known(document)
    assert answer is not None
    assert task.render(answer) == '{"Answer": "B 0.01"}'
    assert task.check(answer, document) == []
    assert task.read('{"Answer": "B 0.01", "Explanation": "몫"}') == answer
    assert task.scored(answer) == (Label("answer", "B"),)
    assert list(task.reply_schema()["properties"]) == ["Answer"]
    (finding,) = task.check({"answer": "A 0.1"}, document)
    assert finding.check == "key"
