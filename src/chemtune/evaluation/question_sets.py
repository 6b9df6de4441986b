"""One set of multiple-choice questions: asked, kept, and scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Literal

from chemtune.dataset.contamination import ContaminationIndex
from chemtune.documents.question import Question, read_questions
from chemtune.errors import InputError, Problem
from chemtune.evaluation.exam import ask_questions
from chemtune.evaluation.exam_answers import GreedyStudent, Respondent, answer_questions
from chemtune.evaluation.exam_prompt import Asking, question_key
from chemtune.evaluation.predictions import PredictionFile, write_table
from chemtune.evaluation.scorecard import score_questions
from chemtune.evaluation.shares import in_shares
from chemtune.models.identity import identity_of
from chemtune.models.load import Student
from chemtune.progress import say
from chemtune.tuning.processes import is_main

Scoring = Literal["likelihood", "generate", "both"]


@dataclass(frozen=True)
class QuestionSet:
    """Questions, and how they are asked and scored.

    Attributes:
        name: Its name in tables.
        questions: One at least, ids all different.
        asking: How they are put.
        scoring: By likelihood, by a generated answer, or both.
        answer_tokens: Of a generated answer, at most.
        seen: Ids of questions that the tuning data hold.
    """

    name: str
    questions: list[Question]
    asking: Asking
    scoring: Scoring = "likelihood"
    answer_tokens: int = 64
    seen: frozenset[str] = frozenset()


def evaluate_set(
    student: Student, asked: QuestionSet, folder: Path, student_identity: str
) -> dict[str, Any]:
    """Ask a set of a student, as far as `folder` does not hold its answers; return the scorecard.

    Returns:
        See `score_questions`, with `identity` (over the student, the prompts and the questions),
        `scoring`, and `predictions` and `table`, the files with a row a question. With both
        scorings it is the scorecard of the likelihoods, `generated` the other one, and
        `disagreement` the questions that both answered (`total`) and answered differently.
    """
    cards = {}
    rows = {}
    if asked.scoring != "generate":
        identity = _identity(student_identity, "likelihood", asked)
        file = PredictionFile(folder / f"questions-{identity}.jsonl")
        rows["likelihood"] = in_shares(
            asked.questions,
            file,
            lambda questions, own: ask_questions(student, questions, asked.asking, own),
        )
        cards["likelihood"] = _card(asked, rows["likelihood"], identity, file, "likelihood")
    if asked.scoring != "likelihood":
        respondent = GreedyStudent(student, asked.answer_tokens)
        how = ["greedy", asked.answer_tokens]
        rows["generate"], cards["generate"] = _generated(
            respondent, asked, folder, student_identity, how
        )
    if asked.scoring != "both":
        return cards[asked.scoring]
    pairs = [
        (one["chosen"], other["chosen"])
        for one, other in zip(rows["likelihood"], rows["generate"], strict=True)
        if one["chosen"] is not None and other["chosen"] is not None
    ]
    differ = sum(one != other for one, other in pairs)
    disagreement = {"total": len(pairs), "differ": differ}
    return {
        **cards["likelihood"],
        "generated": cards["generate"],
        "disagreement": disagreement,
    }


def evaluate_served(
    respondent: Respondent, asked: QuestionSet, folder: Path, identity: str
) -> dict[str, Any]:
    """Ask a set of a model behind an address; see `evaluate_set`."""
    _, card = _generated(respondent, asked, folder, identity, [])
    return card


def seen_in(texts: Iterable[str], questions: Sequence[Question]) -> frozenset[str]:
    """Return the ids of questions that one of the texts of a model's tuning data holds."""
    texts = iter(texts)
    first = next(texts, None)
    if first is None:
        return frozenset()
    index = ContaminationIndex(questions)
    matches = (index.find(text) for text in chain([first], texts))
    return frozenset(match.question for match in matches if match)


def sample(questions: list[Question], count: int | None, seed: int) -> list[Question]:
    """Return `count` of the questions, drawn by `seed`, in their order; all where it is None.

    Never the first ones: some files are sorted by difficulty.
    """
    if count is None or count >= len(questions):
        return questions
    drawn = sorted(Random(seed).sample(range(len(questions)), count))
    return [questions[index] for index in drawn]


def read_shots(count: int, paths: Sequence[Path]) -> tuple[Question, ...]:
    """Return the first `count` questions of files, as solved ones.

    Raises:
        InputError: There is no file, or it holds fewer.
    """
    if count == 0:
        return ()
    if not paths:
        message = "shots need a file that they are taken from"
        remedy = "give --shots-from FILE, or shots_from at the questions in a recipe"
        raise InputError(Problem(message, field="shots_from", remedy=remedy))
    found = [question for path in paths for question in read_questions(path)][:count]
    if len(found) < count:
        message = f"holds {len(found)} questions, fewer than the {count} shots asked for"
        raise InputError(Problem(message, paths[0]))
    return tuple(found)


def subject_of(name: str) -> str:
    """Return what questions are about, from the name of their file or configuration.

    "high_school_chemistry_test" is about "high school chemistry".
    """
    words = name.replace("-", " ").replace("_", " ").split()
    while len(words) > 1 and words[-1].lower() in {"test", "dev", "train", "val", "validation"}:
        words.pop()
    return " ".join(words)


def _generated(
    respondent: Respondent, asked: QuestionSet, folder: Path, of: str, how: list[Any]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    identity = _identity(of, ["generate", *how], asked)
    file = PredictionFile(folder / f"answers-{identity}.jsonl")
    rows = in_shares(
        asked.questions,
        file,
        lambda questions, own: answer_questions(respondent, questions, asked.asking, own),
    )
    return rows, _card(asked, rows, identity, file, "generate")


def _identity(of: str, how: object, asked: QuestionSet) -> str:
    return identity_of(of, how, asked.asking.key, [question_key(q) for q in asked.questions])


def _card(
    asked: QuestionSet,
    rows: list[dict[str, Any]],
    identity: str,
    file: PredictionFile,
    scoring: str,
) -> dict[str, Any]:
    table = file.path.with_suffix(".parquet")
    if is_main():
        write_table(table, rows, asked.questions)
    card = score_questions(rows, asked.questions, seen=asked.seen)
    if "shots_used" in card:
        counts = ", ".join(f"{n} with {shots}" for shots, n in card["shots_used"].items())
        say(f"{asked.name}: the context is too short for all shots; questions: {counts}")
    return {
        **card,
        "name": asked.name,
        "scoring": scoring,
        "identity": identity,
        "predictions": str(file.path),
        "table": str(table),
    }
