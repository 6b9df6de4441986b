"""Multiple-choice questions, scored by the likelihood of the options' labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Any

from chemtune.documents.question import Question
from chemtune.domains import ExamWording
from chemtune.evaluation.likelihood import Scoring, encode_options, option_log_likelihoods
from chemtune.evaluation.predictions import PredictionFile
from chemtune.models.load import Student
from chemtune.progress import progress

WRITE_EVERY = 16


@dataclass(frozen=True)
class Asking:
    """How the questions of a set are put.

    Attributes:
        wording: By language.
        subject: What the questions are about, for the header.
        shots: Solved questions that stand before each one.
        permute: Whether each question is asked once for each cyclic order of its options.
    """

    wording: Mapping[str, ExamWording]
    subject: str
    shots: tuple[Question, ...] = ()
    permute: bool = False


def ask_questions(
    student: Student, questions: Sequence[Question], asking: Asking, file: PredictionFile
) -> list[dict[str, Any]]:
    """Answer every question that `file` does not hold yet; return all rows in the questions' order.

    A row holds `id`, `key` and `chosen` (labels), `status`, `correct`, `probabilities` (of each
    option, of its label among the labels), and with `permute` `orders`: what was chosen in each
    cyclic order, as the label that the option has in the original one.
    """
    open_questions = [q for q in questions if q.id not in file.rows]
    orders = [
        (question, turn)
        for question in open_questions
        for turn in range(len(question.options) if asking.permute else 1)
    ]
    scorings = [_scoring(student, rotated(q, turn), asking) for q, turn in orders]
    results: dict[str, dict[int, list[float]]] = {q.id: {} for q in open_questions}
    waiting = {q.id: sum(o.id == q.id for o, _ in orders) for q in open_questions}
    done: list[dict[str, Any]] = []
    fitting = [i for i, s in enumerate(scorings) if _length(s) <= student.context]
    unfit = {orders[i][0].id for i in range(len(orders))} - {orders[i][0].id for i in fitting}
    file.append(_too_long(q) for q in open_questions if q.id in unfit)
    with progress(f"Questions ({asking.subject})", len(open_questions), "questions") as advance:
        advance(len(unfit))
        scored = option_log_likelihoods(
            student.model, [scorings[i] for i in fitting], pad_id=student.template.end_id
        )
        for position, log_likelihoods in scored:
            question, turn = orders[fitting[position]]
            results[question.id][turn] = log_likelihoods
            if len(results[question.id]) == waiting[question.id]:
                done.append(_row(question, results.pop(question.id)))
                advance()
            if len(done) >= WRITE_EVERY:
                file.append(done)
                done.clear()
        file.append(done)
    return [file.rows[question.id] for question in questions]


def prompt_of(question: Question, asking: Asking) -> str:
    """Return a question as it is put: header, shots, question, options, answer left open."""
    wording = asking.wording[question.language]
    blocks = [wording.header.replace("{subject}", asking.subject)]
    for shot in asking.shots:
        solved = asking.wording[shot.language]
        blocks.append(f"{_block(shot, solved)} {shot.labels[shot.answer]}")
    return "\n\n".join([*blocks, _block(question, wording)])


def rotated(question: Question, turn: int) -> Question:
    """Return the question with its options turned by `turn` places; the labels stay in place."""
    options = question.options[turn:] + question.options[:turn]
    answer = (question.answer - turn) % len(options)
    return replace(question, options=options, answer=answer)


def _block(question: Question, wording: ExamWording) -> str:
    pairs = zip(question.labels, question.options, strict=True)
    # "A. water" as MMLU writes it; a circled digit needs no dot.
    lines = [f"{lb}. {o}" if lb.isascii() else f"{lb} {o}" for lb, o in pairs]
    return "\n".join([question.text.strip(), *lines, wording.answer])


def _scoring(student: Student, question: Question, asking: Asking) -> Scoring:
    labels = [f" {label}" for label in question.labels]
    return encode_options(student.tokenizer, prompt_of(question, asking), labels)


def _length(scoring: Scoring) -> int:
    return len(scoring.prompt) + max(len(option) for option in scoring.options)


def _too_long(question: Question) -> dict[str, Any]:
    key = question.labels[question.answer]
    return {"id": question.id, "key": key, "chosen": None, "status": "too long", "correct": False}


def _row(question: Question, by_turn: dict[int, list[float]]) -> dict[str, Any]:
    chosen = _best(by_turn[0])
    row = {
        "id": question.id,
        "key": question.labels[question.answer],
        "chosen": question.labels[chosen],
        "status": "answered",
        "correct": chosen == question.answer,
        "level": question.level,
        "log_likelihoods": [round(value, 6) for value in by_turn[0]],
        "probabilities": [round(value, 6) for value in _shares(by_turn[0])],
    }
    if len(by_turn) > 1:
        count = len(question.options)
        picks = [(_best(values) + turn) % count for turn, values in sorted(by_turn.items())]
        row["orders"] = [question.labels[pick] for pick in picks]
    return row


def _best(log_likelihoods: list[float]) -> int:
    return max(range(len(log_likelihoods)), key=log_likelihoods.__getitem__)


def _shares(log_likelihoods: list[float]) -> list[float]:
    top = max(log_likelihoods)
    weights = [exp(value - top) for value in log_likelihoods]
    return [weight / sum(weights) for weight in weights]
