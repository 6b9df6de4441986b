from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.documents.question import (
    CIRCLED,
    LETTERS,
    Question,
    options_of,
    question_of,
    read_questions,
)
from chemtune.errors import InputError

FOUR = ["Li", "Na", "K", "Rb"]
FIVE = [*FOUR, "Cs"]
MMLU = {"question": "Which?", "choice0": "Li", "choice1": "Na", "choice2": "K", "choice3": "Rb"}
QA = {"question": "Q", "answer": 1}
KMMLU = {"question": "옳은 것은?", "A": "Li", "B": "Na", "C": "K", "D": "Rb"}


def question(fields: dict[str, Any]) -> Question:
    return question_of(fields, name="file:1", file="file.jsonl", line=4)


def listed(answer: Any, options: Any = FOUR, text: str = "Which?", **rest: Any) -> Question:
    return question({"question": text, "options": options, "answer": answer, **rest})


def jsonl(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "exam.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("answer", ["C", " c ", "③", "K", 3, "3", " 3"])
def test_a_list_of_options_takes_any_form_of_answer(answer: Any) -> None:
    assert listed(answer).answer == 2


def test_all_fields_of_a_listed_question() -> None:
    row: dict[str, Any] = {
        "level": "college",
        "subject": "s",
        "explanation": "e",
        "split": "dev",
        "other": [1],
    }
    assert listed("B", json.dumps(FOUR), id=12, language="eng", **row) == Question(
        id="12",
        text="Which?",
        options=tuple(FOUR),
        answer=1,
        labels=("A", "B", "C", "D"),
        language="en",
        level="college",
        subject="s",
        explanation="e",
        split="validation",
    )


@pytest.mark.parametrize(
    ("answer", "options", "text", "labels"),
    [
        ("B", FIVE, "Which?", "ABCDE"),
        ("②", FOUR, "Which?", "①②③④"),
        ("②", FIVE, "Which?", "①②③④⑤"),
        ("B", FIVE, "NMR에서 Larmor frequency?", "①②③④⑤"),
        ("B", FOUR, "옳은 것은?", "ABCD"),
        (10, [f"x{i}" for i in range(10)], "Which?", "ABCDEFGHIJ"),
        ("⑩", [f"x{i}" for i in range(10)], "Which?", "①②③④⑤⑥⑦⑧⑨⑩"),
    ],
)
def test_labels(answer: Any, options: list[str], text: str, labels: str) -> None:
    assert "".join(listed(answer, options, text).labels) == labels


@given(count=st.integers(2, 10), data=st.data())
def test_every_form_of_answer_agrees(count: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, count - 1))
    options = [f"option {i}" for i in range(count)]
    forms = [LETTERS[index], LETTERS[index].lower(), CIRCLED[index], options[index], index + 1]
    assert {listed(form, options).answer for form in [*forms, str(index + 1)]} == {index}
    columns = {"question": "Which?", **{f"choice{i}": o for i, o in enumerate(options)}}
    assert question({**columns, "answer": index}).answer == index
    lettered = {"question": "Which?", **dict(zip(LETTERS, options, strict=False))}
    assert question({**lettered, "answer": str(index + 1)}).answer == index


def test_options_keep_labels_and_spaces() -> None:
    assert listed("A", ["A. one ", " B. two"]).options == ("A. one ", " B. two")


@pytest.mark.parametrize(("answer", "index"), [("0", 0), (3, 3), ("d", 3)])
def test_mmlu_counts_from_0(answer: Any, index: int) -> None:
    read = question({**MMLU, "answer": answer})
    assert (read.answer, read.options, read.labels) == (index, tuple(FOUR), LETTERS[:4])
    assert (read.language, read.id) == ("en", "file:1")


@pytest.mark.parametrize(("answer", "index"), [("1", 0), (4, 3), ("b", 1)])
def test_kmmlu_counts_from_1(answer: Any, index: int) -> None:
    read = question({**KMMLU, "answer": answer, "E": "Cs"})
    assert (read.answer, read.options, read.language) == (index, tuple(FIVE), "ko")
    assert read.labels == LETTERS[:5]


def test_options_empty_at_the_end_are_absent() -> None:
    assert question({**KMMLU, "answer": "4", "E": " "}).options == tuple(FOUR)
    assert question({**MMLU, "answer": 1, "choice2": "", "choice3": None}).options == ("Li", "Na")


def test_columns_of_benchmarks_may_repeat_an_option() -> None:
    assert question({**MMLU, "choice3": "Li", "answer": 1}).options == ("Li", "Na", "K", "Li")


def test_digits_that_are_options_too() -> None:
    assert listed("2", ["1", "2", "3"]).answer == 1
    assert listed("8", ["4", "6", "8"]).answer == 2
    assert listed(2, ["3", "1", "2"]).answer == 1
    assert listed("C", ["3", "1", "2"]).answer == 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"question": " ", "options": FOUR, "answer": 1}, "question: the question is empty"),
        (
            {"options": FOUR, "answer": 1},
            "no column 'question'; the columns are: options, answer (expected: question, answer, ",
        ),
        ({"question": "Q", "options": FOUR}, "no column 'answer'; the columns are: question, opt"),
        ({"question": 5, "answer": 1}, "question: expected a string, found a number: 5"),
        (
            {"question": "Q", "Options": FOUR, "answer": 1},
            "no column of options; the columns are: question, Options, answer (expected: question",
        ),
        (
            {**QA, "options": "['a', 'b']"},
            "options: not a JSON list: \"['a', 'b']\" (write a list of strings",
        ),
        ({**QA, "options": {"A": "a"}}, "options: expected a list, found an object: "),
        (
            {**QA, "options": ["a", 2]},
            "options[1]: expected a string, found a number: 2",
        ),
        ({**QA, "options": ["a"]}, "options: a question has 2 to 10 options, found 1"),
        (
            {**QA, "options": ["a"] * 11},
            "options: a question has 2 to 10 options, found",
        ),
        ({**QA, "options": ["a", ""]}, "options[1]: the option is empty"),
        (
            {**QA, "options": ["a", "b", "a "]},
            "options: options 1 and 3 are the same: 'a'",
        ),
        ({**KMMLU, "answer": "1", "B": " "}, "B: the option is empty"),
        ({**KMMLU, "answer": "1", "C": 2}, "C: expected a string, found a number: 2"),
        (
            {"question": "Q", "choice0": "a", "choice2": "b", "answer": 0},
            "choice1: no such column, and there are later ones",
        ),
        (
            {"question": "Q", "options": FOUR, "answer": None},
            "answer: the answer is missing (allowed: A to D, 1 to 4, ① to ④, or the text of an opt",
        ),
        (
            {"question": "Q", "options": FOUR, "answer": "E"},
            "answer: 'E' is none of the 4 options (allowed: A to D, 1 to 4, ①",
        ),
        ({**MMLU, "answer": 4}, "answer: 4 is none of the 4 options (allowed: A to D, 0 to 3)"),
        (
            {**KMMLU, "answer": "0"},
            "answer: '0' is none of the 4 options (allowed: A to D, 1 to 4)",
        ),
        ({**KMMLU, "answer": "Li"}, "answer: 'Li' is none of the 4 options"),
        ({**KMMLU, "answer": True}, "answer: True is none of the 4 options"),
        ({**KMMLU, "answer": ""}, "answer: '' is none of the 4 options"),
        ({**KMMLU, "answer": "9" * 9999}, "answer: '9999"),
        (
            {"question": "Q", "options": ["3", "1", "2"], "answer": "2"},
            "answer: '2' is both a label or number and the text of another option (write B or C)",
        ),
        (
            {"question": "Q", "options": ["C", "B", "N"], "answer": "C"},
            "answer: 'C' is both a label or number and the text of another option (write A or C)",
        ),
        ({**KMMLU, "answer": 1, "language": "fr"}, "language: not a language that is known: 'fr'"),
        ({**KMMLU, "answer": 1, "split": "held"}, "split: not a split: 'held'"),
        ({**KMMLU, "answer": 1, "level": 3}, "level: expected a string, found a number: 3"),
    ],
)
def test_faults_of_a_record(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        question(fields)
    assert str(caught.value).startswith(f"file.jsonl:4: {message}")


OPTION = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1)


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["Which?", "무엇인가?", 'He said "no",\nwhy?']),
            st.lists(OPTION, min_size=4, max_size=4, unique_by=str.strip),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_three_shapes_of_file_read_alike(rows: list[tuple[str, list[str], int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        letters = [LETTERS[answer] for _, _, answer in rows]
        objects = [
            {"question": text, "options": options, "answer": CIRCLED[answer]}
            for text, options, answer in rows
        ]
        listed_rows = read_questions(jsonl(folder, *objects))
        tables = []
        for columns, first in ((["choice0", "choice1", "choice2", "choice3"], 0), ("ABCD", 1)):
            path = folder / "exam.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["question", *columns, "answer"])
                writer.writerows([text, *options, key + first] for text, options, key in rows)
            tables.append(read_questions(path))
    assert tables[0] == tables[1]
    assert [q.labels[q.answer] for q in tables[0]] == letters
    assert [(q.id, q.text, q.options, q.answer) for q in listed_rows] == [
        (q.id, q.text, q.options, q.answer) for q in tables[0]
    ]


def test_ids_count_rows_and_not_lines(tmp_path: Path) -> None:
    path = tmp_path / "exam.csv"
    path.write_text('# c\nid,question,A,B,answer\n,"a\nb",1,2,A\nx,c,1,2,A\n,d,1,2,A\n', "utf-8")
    assert [q.id for q in read_questions(path)] == ["exam:1", "x", "exam:3"]


def test_split_and_limit(tmp_path: Path) -> None:
    base = {"question": "Q", "options": FOUR, "answer": "A"}
    path = jsonl(tmp_path, *[{**base, "split": s} for s in ("train", "val", "train", "", "val")])
    assert [q.id for q in read_questions(path, split="dev")] == ["exam:2", "exam:5"]
    assert [q.id for q in read_questions(path, split="train", limit=1)] == ["exam:1"]
    assert len(read_questions(path, limit=3)) == 3
    with pytest.raises(InputError) as caught:
        read_questions(path, split="test")
    assert str(caught.value) == (
        f"{path}: split: no question is of the split 'test'; "
        "there are: (none) 1, train 2, validation 2"
    )
    with pytest.raises(InputError, match="not a split: 'tset'"):
        read_questions(path, split="tset")


def test_all_faults_of_a_file_come_together(tmp_path: Path) -> None:
    good = {"id": "a", "question": "Q", "options": FOUR, "answer": "A"}
    path = jsonl(tmp_path, good, {**good, "answer": "Z"}, good, {**good, "question": ""})
    with path.open("a", encoding="utf-8") as file:
        file.write("[]\n")
    with pytest.raises(InputError) as caught:
        read_questions(path, limit=1)
    assert [(p.line, p.field) for p in caught.value.problems] == [
        (2, "answer"),
        (3, "id"),
        (4, "question"),
        (5, None),
    ]
    assert "id: 'a' is the id of line 1 too (give each question its own id)" in str(caught.value)


def test_twenty_faults_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_questions(jsonl(tmp_path, *[{"question": "", "answer": 1}] * 33))
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1].message == "and 13 more faulty rows"


def test_a_column_that_a_table_lacks_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "exam.csv"
    path.write_text("question,A,B\nQ,a,b\nR,a,b\n", "utf-8")
    with pytest.raises(InputError) as caught:
        read_questions(path)
    assert [(p.line, p.message) for p in caught.value.problems] == [
        (2, "no column 'answer'; the columns are: question, A, B")
    ]


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"suffix '\.md' \(allowed: \.jsonl, \.ndjson, \.csv"):
        read_questions(tmp_path / "exam.md")
    with pytest.raises(InputError, match="this is a folder, not a file"):
        read_questions(tmp_path)


def test_choices_as_a_list_count_from_zero() -> None:
    """As MMLU stands at the hub."""
    row = {"question": "Q?", "subject": "s", "choices": ["a", "b", "b", "d"], "answer": 3}
    question = question_of(row, name="q", file=None, line=None)
    assert (question.options, question.answer, question.labels[3]) == (("a", "b", "b", "d"), 3, "D")
    assert options_of(row) == ("a", "b", "b", "d")
    with pytest.raises(InputError, match="4 is none of the 4 options"):
        question_of(row | {"answer": 4}, name="q", file=None, line=None)
