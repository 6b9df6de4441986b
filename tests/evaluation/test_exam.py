from __future__ import annotations

from pathlib import Path

import pytest

from chemtune.documents.question import Question
from chemtune.domains import find_domain
from chemtune.evaluation.exam import Asking, ask_questions, prompt_of, rotated
from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.scorecard import score_questions
from chemtune.models.load import load_student
from chemtune.models.resolve import resolve_model

WORDING = find_domain("chemistry").exam


def question(name: str, answer: int = 1, **changes: object) -> Question:
    fields = {
        "id": name,
        "text": f"What is {name}?",
        "options": ("water", "salt", "acid", "base"),
        "answer": answer,
        "labels": ("A", "B", "C", "D"),
        "language": "en",
    }
    return Question(**(fields | changes))


@pytest.fixture
def student(tiny_model: Path):
    return load_student(resolve_model(str(tiny_model)), precision="float32")


def test_the_prompt_is_laid_out_as_mmlu() -> None:
    asking = Asking(WORDING, "college chemistry", shots=(question("solved", 2),))
    assert prompt_of(question("x"), asking) == (
        "The following are multiple choice questions (with answers) about college chemistry.\n\n"
        "What is solved?\nA. water\nB. salt\nC. acid\nD. base\nAnswer: C\n\n"
        "What is x?\nA. water\nB. salt\nC. acid\nD. base\nAnswer:"
    )


def test_rotating_moves_the_key_with_its_option() -> None:
    original = question("x", answer=1)
    for turn in range(4):
        turned = rotated(original, turn)
        assert turned.options[turned.answer] == "salt"
        assert turned.options[0] == original.options[turn]


def test_permuted_picks_are_told_in_the_original_labels(student, tmp_path: Path) -> None:
    questions = [question(f"q{i}", answer=i % 4) for i in range(6)]
    asking = Asking(WORDING, "chemistry", permute=True)
    rows = ask_questions(student, questions, asking, PredictionFile(tmp_path / "p.jsonl"))
    for one, row in zip(questions, rows, strict=True):
        plain = Asking(WORDING, "chemistry")
        for turn, pick in enumerate(row["orders"]):
            turned = rotated(one, turn)
            (again,) = ask_questions(
                student, [turned], plain, PredictionFile(tmp_path / f"{one.id}-{turn}.jsonl")
            )
            chosen = turned.options[turned.labels.index(again["chosen"])]
            assert one.options[one.labels.index(pick)] == chosen
        assert row["orders"][0] == row["chosen"]
        assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-4)


def test_what_is_answered_is_not_asked_again(student, tmp_path: Path) -> None:
    questions = [question(f"q{i}") for i in range(5)]
    path = tmp_path / "p.jsonl"
    asking = Asking(WORDING, "chemistry")
    first = ask_questions(student, questions, asking, PredictionFile(path))
    size = path.stat().st_size

    class Untouchable:
        def __getattr__(self, name: str) -> object:
            raise AssertionError("the model was asked again")

    kept = PredictionFile(path)
    broken = type(student)(Untouchable(), *[getattr(student, f) for f in FIELDS])
    assert ask_questions(broken, questions, asking, kept) == first
    assert path.stat().st_size == size


FIELDS = ("tokenizer", "template", "files", "adapter", "precision")


def test_a_question_longer_than_the_context_is_wrong_and_counted(student, tmp_path: Path) -> None:
    long = question("long", text="word " * 4000)
    rows = ask_questions(
        student,
        [question("x"), long],
        Asking(WORDING, "chemistry"),
        PredictionFile(tmp_path / "p.jsonl"),
    )
    card = score_questions(rows)
    assert rows[1]["status"] == "too long"
    assert (card["total"], card["unreadable"]) == (2, 1)


def test_the_scorecard_by_hand() -> None:
    rows = [
        {"id": str(i), "key": k, "chosen": c, "correct": k == c, "level": level}
        for i, (k, c, level) in enumerate(
            [("A", "A", "x"), ("B", "A", "x"), ("B", "B", "y"), ("B", None, "y"), ("C", "A", "y")]
        )
    ]
    card = score_questions(rows)
    assert (card["correct"], card["total"], card["unreadable"]) == (2, 5, 1)
    assert card["answers"] == {"A": 3, "B": 1}
    assert card["best_constant"] == 3
    assert card["f1_micro"] == pytest.approx(0.4)
    # A: 1 found, 2 invented; B: 1 found, 2 missed; C: missed.
    assert card["f1_macro"] == pytest.approx((2 / 4 + 2 / 4 + 0) / 3)
    assert {level: c["correct"] for level, c in card["levels"].items()} == {"x": 1, "y": 1}
