from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chemtune.documents.question import Question
from chemtune.domains import find_domain
from chemtune.evaluation.exam import ask_questions
from chemtune.evaluation.exam_prompt import Asking, content_free, prompt_of, rotated, scoring_of
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
        {
            "id": str(i),
            "key": k,
            "chosen": c,
            "correct": k == c,
            "level": level,
            "status": "answered" if c else "unreadable",
        }
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
    assert card["f1_macro_interval95"][0] <= card["f1_macro"] <= card["f1_macro_interval95"][1]
    assert card["constant"]["label"] == "B"
    # B would be right thrice: of 1, 2 and 3; the model of 0 and 2. One gained, two lost.
    assert card["constant"]["p"] == 1.0
    assert card["favourite"] == {"label": "A", "count": 3, "dominates": False}
    assert card["statuses"] == {"answered": 4, "unreadable": 1}
    assert {level: c["correct"] for level, c in card["levels"].items()} == {"x": 1, "y": 1}


def test_macro_f1s_interval_is_that_of_scikit_learn_over_the_same_draws() -> None:
    import numpy as np
    from sklearn.metrics import f1_score

    generator = np.random.default_rng(4)
    key = generator.choice(list("ABCD"), 60).tolist()
    chosen = [k if generator.random() < 0.4 else "A" for k in key]
    rows = [
        {"id": str(i), "key": k, "chosen": c, "correct": k == c, "status": "answered"}
        for i, (k, c) in enumerate(zip(key, chosen, strict=True))
    ]
    low, high = score_questions(rows)["f1_macro_interval95"]
    draws = np.random.default_rng(0).integers(0, 60, size=(2000, 60))
    keys, picks = np.array(key), np.array(chosen)
    values = [f1_score(keys[d], picks[d], average="macro", zero_division=0) for d in draws]
    assert (low, high) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])), abs=1e-9)


def test_one_letter_for_all_is_called_a_habit() -> None:
    rows = [
        {"id": str(i), "key": k, "chosen": "D", "correct": k == "D", "status": "answered"}
        for i, k in enumerate("DDDDABC")
    ]
    card = score_questions(rows)
    assert card["favourite"] == {"label": "D", "count": 7, "dominates": True}
    assert card["correct"] == card["best_constant"] == 4
    assert card["constant"]["p"] == 1.0


def test_calibration_takes_away_what_a_prompt_that_says_nothing_prefers(
    student, tmp_path: Path
) -> None:
    questions = [question(f"q{i}", answer=i % 4) for i in range(3)]
    asking = Asking(WORDING, "chemistry", shots=(question("solved", 2),))
    rows = ask_questions(student, questions, asking, PredictionFile(tmp_path / "p.jsonl"))
    empty = question("e", text="N/A", options=("N/A",) * 4)
    (nothing,) = ask_questions(student, [empty], asking, PredictionFile(tmp_path / "e.jsonl"))
    for row in rows:
        pairs = zip(row["log_likelihoods"], nothing["log_likelihoods"], strict=True)
        differences = [one - other for one, other in pairs]
        assert row["calibrated"] == "ABCD"[differences.index(max(differences))]
    assert nothing["calibrated"] == "A"  # all differences are 0


def test_what_says_nothing_is_one_question_for_a_whole_set() -> None:
    asking = Asking(WORDING, "chemistry")
    questions = [question(f"q{i}", answer=i % 4, level=f"l{i}") for i in range(5)]
    assert len({content_free(one, asking) for one in questions}) == 1
    texts = Asking(WORDING, "chemistry", options="texts")
    other = question("x", options=("a", "b", "c", "d"))
    assert len({content_free(one, texts) for one in [*questions, other]}) == 2


def test_texts_are_scored_without_the_list_of_options(student, tmp_path: Path) -> None:
    asking = Asking(WORDING, "chemistry", options="texts")
    one = question("x", options=("water", "salt", "sulfuric acid of high purity", "base"))
    assert "salt" not in prompt_of(one, asking)
    (row,) = ask_questions(student, [one], asking, PredictionFile(tmp_path / "p.jsonl"))
    scores = row["log_likelihoods"]
    assert row["chosen"] == "ABCD"[scores.index(max(scores))]
    by_length = [s / len(o) for s, o in zip(scores, one.options, strict=True)]
    assert row["normalized"] == "ABCD"[by_length.index(max(by_length))]
    turned = Asking(WORDING, "chemistry", options="texts", shots=(question("s", 0),))
    assert "Answer: water" in prompt_of(one, turned)


def test_shots_that_do_not_fit_are_left_out_and_counted(student, tmp_path: Path) -> None:
    shots = tuple(question(f"s{i}", text="word " * 60) for i in range(4))
    asking = Asking(WORDING, "chemistry", shots=shots)
    questions = [question("short"), question("long", text="word " * 100)]
    room = scoring_of(student, questions[1], asking.with_shots(1)).length
    cut = replace(student, model=_Short(student.model, room))
    rows = ask_questions(cut, questions, asking, PredictionFile(tmp_path / "p.jsonl"))
    used = [row["shots"] for row in rows]
    assert used[0] > used[1] == 1
    card = score_questions(rows)
    assert card["shots_used"] == {str(count): 1 for count in sorted(used)}
    fewer = asking.with_shots(used[1])
    (again,) = ask_questions(student, questions[1:], fewer, PredictionFile(tmp_path / "q.jsonl"))
    assert again["log_likelihoods"] == pytest.approx(rows[1]["log_likelihoods"], abs=1e-4)


class _Short:
    """A model whose configuration claims another context."""

    def __init__(self, model: Any, context: int) -> None:
        self.model = model
        self.config = copy.deepcopy(model.config)
        self.config.max_position_embeddings = context

    def __getattr__(self, name: str) -> object:
        return getattr(self.model, name)

    def __call__(self, **inputs: object) -> object:
        return self.model(**inputs)


def test_behind_the_chat_template_the_prompt_is_that_of_tuning(student) -> None:
    asking = Asking(WORDING, "chemistry", chat=True)
    scoring = scoring_of(student, question("x"), asking)
    message = {"role": "user", "content": prompt_of(question("x"), asking)}
    assert scoring.prompt == student.template.prompt_ids([message])
    assert [student.tokenizer.decode(option) for option in scoring.options] == list("ABCD")
