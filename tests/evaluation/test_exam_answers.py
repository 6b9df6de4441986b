"""Answers in words: by a student, and by a model behind an address."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
import torch

import chemtune
from chemtune.documents.question import Question
from chemtune.domains import find_domain
from chemtune.errors import InputError
from chemtune.evaluation.exam_answers import GreedyStudent, answer_questions
from chemtune.evaluation.exam_prompt import Asking, messages_of
from chemtune.evaluation.generation import generate
from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.question_sets import QuestionSet, evaluate_set
from chemtune.evaluation.scorecard import score_questions
from chemtune.models.load import load_student
from chemtune.models.resolve import resolve_model
from chemtune.tasks.load import load_tasks

if TYPE_CHECKING:
    from chat_server import ChatServer

DOMAIN = find_domain("chemistry")
CSV = (
    "question,A,B,C,D,answer\n"
    "물의 화학식은?,H2O,CO2,NaCl,HCl,1\n"
    "소금의 화학식은?,H2O,CO2,NaCl,HCl,3\n"
    "염산의 화학식은?,H2O,CO2,NaCl,HCl,4\n"
    "드라이아이스는?,H2O,CO2,NaCl,HCl,2\n"
)


def question(name: str, answer: int = 1, language: str = "en") -> Question:
    options = ("water", "salt", "acid", "base")
    return Question(name, f"What is {name}?", options, answer, tuple("ABCD"), language)


@pytest.fixture
def student(tiny_model: Path):
    return load_student(resolve_model(str(tiny_model)), precision="float32")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Chemistry-test.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def test_a_student_is_asked_by_its_template_and_its_reply_is_kept(student, tmp_path: Path) -> None:
    asking = Asking(DOMAIN.exam, "chemistry", shots=(question("solved", 2),))
    questions = [question("x"), question("y", 3)]
    kept = PredictionFile(tmp_path / "p.jsonl")
    rows = answer_questions(GreedyStudent(student, 9), questions, asking, kept)
    prompts = [student.template.prompt_ids(messages_of(q, asking)) for q in questions]
    expected = {at: text for at, text, _ in generate(student, prompts, limits=[9, 9])}
    assert [row["reply"] for row in rows] == [expected[0], expected[1]]
    asked = messages_of(questions[0], asking)[0]["content"]
    assert "Answer: C" in asked
    assert asked.endswith("\n\nReply with its label alone.".replace("\n\nReply", " Reply"))
    again = PredictionFile(tmp_path / "p.jsonl")
    assert answer_questions(None, questions, asking, again) == rows  # type: ignore[arg-type]


def test_a_model_tuned_on_exams_is_asked_as_it_was_taught() -> None:
    task = load_tasks(DOMAIN.task_folder)["multiple_choice"]
    asking = Asking(DOMAIN.exam, "chemistry", tuned={"ko": task})
    korean, english = question("x", language="ko"), question("x")
    assert "JSON" in messages_of(korean, asking)[-1]["content"]
    assert "A water" in messages_of(korean, asking)[-1]["content"]
    assert "JSON" not in messages_of(english, asking)[-1]["content"]
    assert asking.key != Asking(DOMAIN.exam, "chemistry").key


def test_a_model_that_only_ends_its_text_answers_nothing(student, tmp_path: Path) -> None:
    with torch.no_grad():
        student.model.model.norm.weight.zero_()  # every logit is 0: the first token wins
    ends = replace(student, template=replace(student.template, end_id=0))
    asking = Asking(DOMAIN.exam, "chemistry")
    kept = PredictionFile(tmp_path / "p.jsonl")
    rows = answer_questions(GreedyStudent(ends, 5), [question("x")], asking, kept)
    assert (rows[0]["reply"], rows[0]["status"], rows[0]["rule"]) == ("", "unreadable", "empty")
    card = score_questions(rows)
    assert (card["correct"], card["unreadable"], card["favourite"]) == (0, 1, None)


def test_both_scorings_with_their_disagreement(student, tmp_path: Path) -> None:
    questions = [question(f"q{i}", i % 4) for i in range(5)]
    asked = QuestionSet("set", questions, Asking(DOMAIN.exam, "chemistry"), "both", 6)
    card = evaluate_set(student, asked, tmp_path, "weights")
    rows, answers = (
        [json.loads(line) for line in Path(c["predictions"]).read_text("utf-8").splitlines()]
        for c in (card, card["generated"])
    )
    said = {row["id"]: row["chosen"] for row in answers if row["chosen"]}
    pairs = [(row["chosen"], said[row["id"]]) for row in rows if row["id"] in said]
    differ = sum(one != other for one, other in pairs)
    assert card["disagreement"] == {"total": len(pairs), "differ": differ}
    assert {"strict", "rules"} <= card["generated"].keys()
    other = evaluate_set(student, asked, tmp_path, "other weights")
    assert other["identity"] != card["identity"]
    assert other["generated"]["identity"] != card["generated"]["identity"]


def reply(text: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    return orjson.dumps({"model": "m", "choices": [choice | {"finish_reason": "stop"}]})


def test_a_model_behind_an_address_is_asked_once(
    server: ChatServer, file: Path, tmp_path: Path
) -> None:
    said = {"물의": "①", "소금": "정답은 3번입니다", "염산": "모르겠습니다", "드라": "A"}

    def behave(number: int, body: dict) -> object:
        asked = body["messages"][-1]["content"]
        return server.how(body=reply(next(t for start, t in said.items() if start in asked)))

    server.behave = behave
    arguments = {"model": "gpt-x", "endpoint": server.url, "questions": file}
    card = chemtune.evaluate_questions(**arguments, out=tmp_path / "out")
    assert (card["correct"], card["total"], card["unreadable"]) == (2, 4, 1)
    assert card["statuses"] == {"answered": 3, "refused": 1}
    assert card["strict"]["correct"] == 0
    assert len(server.bodies) == 4
    again = chemtune.evaluate_questions(**arguments, out=tmp_path / "out")
    assert again["identity"] == card["identity"]
    assert len(server.bodies) == 4


def test_what_a_server_refuses_is_wrong_and_asked_again(
    server: ChatServer, file: Path, tmp_path: Path
) -> None:
    error = orjson.dumps({"error": {"message": "content filter", "code": "content_filter"}})
    refused = server.how(status=400, body=error)
    server.behave = lambda number, body: (
        refused if "소금" in body["messages"][-1]["content"] else server.how(body=reply("A"))
    )
    arguments = {"model": "gpt-x", "endpoint": server.url, "questions": file}
    card = chemtune.evaluate_questions(**arguments, out=tmp_path / "out")
    assert card["statuses"] == {"answered": 3, "no reply": 1}
    server.behave = lambda number, body: server.how(body=reply("C"))
    card = chemtune.evaluate_questions(**arguments, out=tmp_path / "out")
    assert card["statuses"] == {"answered": 4}
    assert card["correct"] == 2


def test_an_endpoint_tells_no_likelihood(file: Path) -> None:
    with pytest.raises(InputError, match="tells no likelihoods"):
        chemtune.evaluate_questions(
            model="m", endpoint="http://127.0.0.1:9/v1", questions=file, scoring="both"
        )
