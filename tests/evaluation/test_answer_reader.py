from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.documents.question import CIRCLED, LETTERS, Question
from chemtune.evaluation.answers import AnswerRead, read_answer
from chemtune.tasks.choice import chosen_option

FORMS = yaml.safe_load(Path(__file__).with_name("answer_forms.yaml").read_text(encoding="utf-8"))
LENGTH = 20_000
# What looks again at all the rest from each place takes 20 s for this length, what does not 0.5 s.
SECONDS = 3.0


def asked(name: str) -> Question:
    fields = FORMS["questions"][name]
    korean = any("가" <= c <= "힣" for c in fields["text"])
    labels = CIRCLED if korean and fields.get("labels") != "letters" else LETTERS
    options = tuple(fields["options"])
    language = "ko" if korean else "en"
    return Question(name, fields["text"], options, 0, labels[: len(options)], language)


QUESTIONS = {name: asked(name) for name in FORMS["questions"]}
CASES = [
    pytest.param(name, form, id=f"{group}-{name}-{form[1][:40]!r}")
    for group, by_question in FORMS["forms"].items()
    for name, forms in by_question.items()
    for form in forms
]
MISSED = [(name, form) for name, forms in FORMS["missed"].items() for form in forms]


@pytest.mark.parametrize(("name", "form"), CASES)
def test_every_form_is_read_as_a_person_reads_it(name: str, form: list[str]) -> None:
    expected, reply, *strict = form
    read = read_answer(reply, QUESTIONS[name])
    assert (read.label or read.status, read.strict) == (expected, strict == ["strict"])


def test_the_forms_are_many_and_a_third_of_them_is_no_plain_answer() -> None:
    forms = [param.values[1] for param in CASES]
    assert len({(param.values[0], param.values[1][1]) for param in CASES}) == len(forms) >= 220
    assert len([n for n in FORMS["forms"]["tricky"].values() for _ in n]) >= len(forms) / 3
    statuses = Counter(form[0] for form in forms)
    assert min(statuses[s] for s in ("refused", "ambiguous", "unreadable")) >= 15


@pytest.mark.parametrize(("name", "form"), MISSED)
def test_what_is_missed_is_not_read_as_another_option(name: str, form: list[str]) -> None:
    read = read_answer(form[1], QUESTIONS[name])
    assert read.status == "unreadable"


@pytest.mark.parametrize(
    ("reply", "rule"),
    [
        ("<think>B", "empty"),
        ("B. sodium chloride", "whole"),
        ('{"Answer": "B", "Explanation": ""}', "json"),
        ("The answer is B, though I cannot answer for it.", "claim"),
        ("I cannot answer, also not with option B.", "refusal"),
        ("Look at option B and not at water.", "mention"),
        ("Look at sodium chloride.", "words"),
        ("Look at table salt.", "nothing"),
    ],
)
def test_the_rules_go_in_their_order(reply: str, rule: str) -> None:
    assert read_answer(reply, QUESTIONS["salt"]).rule == rule


def test_what_is_read_agrees_with_itself() -> None:
    question = QUESTIONS["salt"]
    assert read_answer("B", question) == AnswerRead(1, "B", "whole", "answered", strict=True)
    assert read_answer("A or B", question) == AnswerRead(None, None, "claim", "ambiguous")
    for name, form in (param.values for param in CASES):
        read = read_answer(form[1], QUESTIONS[name])
        assert (read.index is None) == (read.label is None) == (read.status != "answered")
        assert read.index is None or QUESTIONS[name].labels[read.index] == read.label
        assert read.status == "answered" or not read.strict


@given(st.sampled_from(sorted(QUESTIONS)), st.integers(0, 9))
def test_the_tuned_form_is_strict_and_read_as_the_task_reads_it(name: str, index: int) -> None:
    question = QUESTIONS[name]
    index %= len(question.options)
    answer = f"{question.labels[index]} {question.options[index]}"
    reply = json.dumps({"Answer": answer, "Explanation": question.options[0]}, ensure_ascii=False)
    read = read_answer(reply, question)
    assert read == AnswerRead(index, question.labels[index], "json", "answered", strict=True)
    assert chosen_option(answer, question) == index


@given(st.sampled_from(sorted(QUESTIONS)), st.integers(0, 9), st.data())
def test_a_tuned_reply_that_is_cut_off_behind_its_answer_is_still_read(
    name: str, index: int, data: st.DataObject
) -> None:
    question = QUESTIONS[name]
    index %= len(question.options)
    answer = f"{question.labels[index]} {question.options[index]}"
    reply = json.dumps({"Answer": answer, "Explanation": "…"}, ensure_ascii=False)
    end = data.draw(st.integers(reply.index(", "), len(reply) - 1)) if '", "' in reply else 0
    read = read_answer(reply[: max(end, reply.index('", "Expl') + 1)], question)
    assert (read.index, read.strict) == (index, False)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(QUESTIONS)), st.text(max_size=60))
def test_any_text_is_read_without_an_error(name: str, reply: str) -> None:
    read = read_answer(reply, QUESTIONS[name])
    assert read.status in ("answered", "refused", "ambiguous", "unreadable")


@given(st.text(alphabet=" \n\t\r\u3000\u00a0\u200b\ufeff"), st.sampled_from(CASES))
def test_space_around_a_reply_changes_nothing(space: str, case: Any) -> None:
    name, form = case.values
    reply, question = form[1], QUESTIONS[name]
    assert read_answer(f"{space}{reply}{space}", question) == read_answer(reply, question)


@pytest.mark.parametrize(
    "piece",
    [
        *("A", "B ", "B)", "(", "((B", "①", "①, ", "2번", "\n", " \n", '"', "'", "{", "[", "\\"),
        *("*", "`", "$", "<", "<|", "```", "-", "- ", "가", "A or ", "A, ", "no, ", "so "),
        *("the answer is ", "Answer: ", "정답은 ", "정답: ", "I think it is ", "not option "),
        *('{"Answer": "', '"Answer": "B", ', "\\boxed{", "\\text{", "\\text", "<think>", "A.\n"),
        *("sodium ", "sodium chloride ", "sodium chloride", "A. water\n", "B. sodium chloride "),
        *("A. x\nB. y\n", "?\nA. x\n", "Question:", "\nQuestion: ", "I cannot ", "I can't aaa "),
        *("Which of the following ", "most aaaa", "I reallyly ", "B is the most ", "1.", "é\u0301"),
        *("answer answer is is ", "A is wrong. ", "water ", "both A and ", "ﷺ", "\u200b"),
    ],
)
def test_the_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    reply = piece * (LENGTH // len(piece))
    for name in ("salt", "acid"):
        started = time.process_time()
        read_answer(reply, QUESTIONS[name])
        assert time.process_time() - started < SECONDS
