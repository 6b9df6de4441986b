"""Multiple-choice questions, scored by the likelihood of their options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp
from typing import Any

from chemtune.documents.question import Question
from chemtune.evaluation.content import content_of
from chemtune.evaluation.exam_prompt import (
    Asking,
    content_free,
    fitting,
    prompt_of,
    rotated,
    scoring_of,
)
from chemtune.evaluation.likelihood import option_log_likelihoods
from chemtune.evaluation.predictions import PredictionFile
from chemtune.models.load import Student
from chemtune.progress import progress

WRITE_EVERY = 16
# Tokens that a template may put around a prompt, at most.
SPECIAL = 256


def ask_questions(
    student: Student, questions: Sequence[Question], asking: Asking, file: PredictionFile
) -> list[dict[str, Any]]:
    """Answer every question that `file` does not hold yet; return all rows in the questions' order.

    A row holds `id`, `key` and `chosen` (labels), `status` ("answered" or "too long"), `correct`,
    `shots` (how many stood before it), `log_likelihoods` of the options and `probabilities` (of
    each, among them), `calibrated` (what is chosen once the log-likelihoods behind a prompt that
    says nothing are taken away), with option texts `normalized` (what is chosen by log-likelihood
    a character), and with `permute` `orders`: what was chosen in each cyclic order, as the label
    that the option has in the original one.
    """
    wanted = [question for question in questions if question.id not in file.rows]
    by_shots: dict[int, list[Question]] = {}
    unfit = []
    for question in wanted:
        fitted = fitting(question, asking, lambda q, a: _fits(student, q, a))
        if fitted is None:
            unfit.append(question)
        else:
            by_shots.setdefault(len(fitted.shots), []).append(question)
    file.append(unanswered(question, "too long") for question in unfit)
    with progress(f"Questions ({asking.subject})", len(wanted), "questions") as advance:
        advance(len(unfit))
        for shots, of_shots in by_shots.items():
            waiting = []
            for row in _answered(student, of_shots, asking.with_shots(shots)):
                waiting.append({**row, "shots": shots})
                advance()
                if len(waiting) == WRITE_EVERY:
                    file.append(waiting)
                    waiting = []
            file.append(waiting)
    return [file.rows[question.id] for question in questions]


def described(question: Question) -> dict[str, Any]:
    """Return what a row says of its question, whatever was answered."""
    return {
        "id": question.id,
        "content": content_of(question.text),
        "key": question.labels[question.answer],
        "level": question.level,
        "subject": question.subject,
        "language": question.language,
    }


def unanswered(question: Question, status: str) -> dict[str, Any]:
    """Return the row of a question that has no answer, which is wrong."""
    return {**described(question), "chosen": None, "status": status, "correct": False}


def _answered(
    student: Student, questions: Sequence[Question], asking: Asking
) -> Iterator[dict[str, Any]]:
    turned = [
        (question, turn)
        for question in questions
        for turn in range(len(question.options) if asking.permute else 1)
    ]
    nothing = _nothing(student, questions, asking)
    scorings = [scoring_of(student, rotated(question, turn), asking) for question, turn in turned]
    found: dict[str, dict[int, list[float]]] = {}
    for at, log_likelihoods in option_log_likelihoods(student.model, scorings):
        question, turn = turned[at]
        by_turn = found.setdefault(question.id, {})
        by_turn[turn] = log_likelihoods
        if len(by_turn) == (len(question.options) if asking.permute else 1):
            said = nothing[content_free(question, asking)]
            yield _row(question, found.pop(question.id), said, asking)


def _nothing(
    student: Student, questions: Sequence[Question], asking: Asking
) -> dict[Question, list[float]]:
    """The log-likelihoods of options behind a prompt that says nothing, by that question."""
    empty = list({content_free(question, asking): None for question in questions})
    scorings = [scoring_of(student, question, asking) for question in empty]
    scored = option_log_likelihoods(student.model, scorings)
    return {empty[at]: log_likelihoods for at, log_likelihoods in scored}


def _fits(student: Student, question: Question, asking: Asking) -> bool:
    longest = max(map(len, question.options))
    # A token is a byte at least, so most prompts need not be encoded to know that they fit.
    if len(prompt_of(question, asking).encode()) + 4 * longest + SPECIAL < student.context:
        return True
    turns = range(len(question.options) if asking.permute else 1)
    scorings = (scoring_of(student, rotated(question, turn), asking) for turn in turns)
    return all(scoring.length <= student.context for scoring in scorings)


def _row(
    question: Question, by_turn: dict[int, list[float]], nothing: list[float], asking: Asking
) -> dict[str, Any]:
    scores = by_turn[0]
    chosen = _best(scores)
    # Contextual calibration of labels (Zhao et al., 2021); of texts, their pointwise mutual
    # information with the question (Holtzman et al., 2021).
    calibrated = [score - empty for score, empty in zip(scores, nothing, strict=True)]
    row = {
        **described(question),
        "chosen": question.labels[chosen],
        "status": "answered",
        "correct": chosen == question.answer,
        "log_likelihoods": [round(value, 6) for value in scores],
        "probabilities": [round(value, 6) for value in _shares(scores)],
        "calibrated": question.labels[_best(calibrated)],
    }
    if asking.options == "texts":
        lengths = [len(option) for option in question.options]
        a_character = [score / length for score, length in zip(scores, lengths, strict=True)]
        row["normalized"] = question.labels[_best(a_character)]
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
