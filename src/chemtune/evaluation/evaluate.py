"""Step 3: the same held-out documents and questions, before and after tuning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chemtune.dataset.example import Example, read_examples
from chemtune.dataset.place import place_of
from chemtune.dataset.plan import tasks_of
from chemtune.documents.question import read_questions
from chemtune.domains import find_domain
from chemtune.errors import InputError, Problem
from chemtune.evaluation.exam_prompt import Asking
from chemtune.evaluation.held_out import answer_examples, answer_limits
from chemtune.evaluation.losses import answers_foreseen, text_losses
from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.question_sets import (
    QuestionSet,
    evaluate_set,
    read_shots,
    sample,
    seen_in,
    subject_of,
)
from chemtune.evaluation.shares import in_shares
from chemtune.evaluation.task_scores import score_tasks
from chemtune.evaluation.text_sets import TextSet, evaluate_texts, read_text_set
from chemtune.files import write_json
from chemtune.models.identity import identity_of, student_identity
from chemtune.models.load import Student, choose_precision, is_tuned, load_student
from chemtune.models.resolve import resolve_model
from chemtune.recipe import schema
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe
from chemtune.tasks.choice import Choice
from chemtune.tasks.task import Task
from chemtune.tuning.processes import is_main

SCORES = "scores.json"


def evaluate(recipe: Recipe | Path | str, *, only: str | None = None) -> dict[str, Any]:
    """Evaluate a recipe's model on the held-out documents and its question sets.

    What was computed before, with the same weights, prompts and decoding, is not computed again.
    Under torchrun each process answers its share.

    Args:
        recipe: A recipe, or the path of one.
        only: "before" (the untuned model) or "after" (with the run's adapter); both by default.

    Returns:
        For "before" and "after" each: `identity`, `precision`, `tasks` (see `card_of`; with
        `predictions`, the file), `texts` (see `evaluate_texts`) and `questions` (see
        `evaluate_set`; with `general`). It is also written to `evaluation/scores.json` of the run.

    Raises:
        InputError: The run has no data set or no adapter, or a question file has faults.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    folder = RunFolder(recipe.run_folder)
    wanted = {"before": None, "after": folder.adapter}
    if not recipe.evaluation.baseline:
        del wanted["before"]
    if only is not None:
        wanted = {only: {"before": None, "after": folder.adapter}[only]}
    if "after" in wanted and not is_tuned(folder.adapter):
        raise InputError(Problem("no such adapter", folder.adapter, remedy="run `chemtune tune`"))
    asked = recipe.tuning.precision
    precision = choose_precision() if asked == "auto" else asked
    work = Work.of(recipe, folder)
    scores = {
        which: _evaluate_model(recipe, work, folder.evaluation / which, adapter, precision)
        for which, adapter in wanted.items()
    }
    path = folder.evaluation / SCORES
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() and only else {}
    if is_main():
        write_json(path, known | scores)
    return scores


@dataclass(frozen=True)
class Work:
    """What a recipe's model is asked, the same before and after.

    Attributes:
        tasks: By name.
        examples: The held-out ones that are answered.
        foreseen: Those of other tasks, of whose answers only the loss is measured.
        sets: Of questions, each with whether it is general.
        texts: Running text.
    """

    tasks: dict[str, Task]
    examples: list[Example]
    foreseen: list[Example]
    sets: list[tuple[QuestionSet, bool]]
    texts: list[TextSet]

    @classmethod
    def of(cls, recipe: Recipe, folder: RunFolder) -> Work:
        """Read what is asked; every fault of a question file is found before a model is loaded."""
        settings, tasks = recipe.evaluation, tasks_of(recipe)
        examples: list[Example] = []
        foreseen: list[Example] = []
        if settings.tasks or settings.losses:
            found = read_examples(folder.dataset / f"{settings.split}.parquet")
            answered = set(tasks) if settings.tasks is True else set(settings.tasks or ())
            examples = [one for one in found if one.task in answered]
            foreseen = [one for one in found if one.task in set(settings.losses) - answered]
        train = folder.dataset / "train.parquet"
        trained = read_examples(train) if settings.questions and train.is_file() else []
        learned = {example.task for example in trained}
        tuned = {
            task.language: task
            for name, task in tasks.items()
            if isinstance(task, Choice) and name in learned
        }
        texts = [example.messages[-1]["content"] for example in trained]
        sets = [
            (_question_set(recipe, wanted, tuned, texts), wanted.general)
            for wanted in settings.questions
        ]
        most = settings.documents
        return cls(
            tasks, _at_most(examples, most), _at_most(foreseen, most), sets, _text_sets(recipe)
        )


def _question_set(
    recipe: Recipe,
    wanted: schema.QuestionSet,
    tuned: dict[str, Choice],
    texts: Sequence[str],
) -> QuestionSet:
    where = place_of(wanted, recipe.folder)
    found = [q for path in where.paths for q in read_questions(path, split=wanted.split)]
    questions = sample(found, wanted.limit, recipe.seed)
    asking = Asking(
        find_domain(recipe.domain, recipe.folder).exam,
        subject_of(where.about),
        read_shots(wanted.shots, [recipe.folder / wanted.shots_from] if wanted.shots_from else []),
        permute=wanted.permute,
        options=wanted.options,
        chat=wanted.chat,
        tuned=tuned,
    )
    return QuestionSet(
        wanted.name or where.about,
        questions,
        asking,
        wanted.scoring,
        wanted.answer_tokens,
        seen_in(texts, questions),
    )


def _text_sets(recipe: Recipe) -> list[TextSet]:
    wanted = recipe.evaluation.texts
    if isinstance(wanted, bool):
        own = find_domain(recipe.domain, recipe.folder).texts if wanted else {}
        return [read_text_set(name, [path]) for name, path in own.items()]
    places = [(one, place_of(one, recipe.folder)) for one in wanted]
    return [
        read_text_set(one.name or where.about, where.paths, one.column, one.limit)
        for one, where in places
    ]


def _evaluate_model(
    recipe: Recipe, work: Work, place: Path, adapter: Path | None, precision: str
) -> dict[str, Any]:
    files = resolve_model(recipe.model, recipe.folder)
    student = load_student(files, precision=precision, adapter=adapter)
    identity = student_identity(student)
    questions = {
        asked.name: {**evaluate_set(student, asked, place, identity), "general": general}
        for asked, general in work.sets
    }
    return {
        "identity": identity,
        "precision": precision,
        "tasks": _evaluate_tasks(student, work, recipe.evaluation.max_new_tokens, place, identity),
        "texts": evaluate_texts(student, work.texts, place, identity),
        "questions": questions,
    }


def _evaluate_tasks(
    student: Student, work: Work, max_new_tokens: int, folder: Path, of: str
) -> dict[str, Any]:
    every = [*work.examples, *work.foreseen]
    if not every:
        return {}
    identity = identity_of(
        of,
        ["greedy", max_new_tokens, len(work.examples)],
        [(example.id, example.messages) for example in every],
    )
    file = PredictionFile(folder / f"tasks-{identity}.jsonl")
    limits = answer_limits(student, work.examples, max_new_tokens)
    rows = in_shares(
        work.examples,
        file,
        lambda examples, own: answer_examples(student, examples, limits=limits, file=own),
    )
    replies = {row["id"]: row["reply"] for row in rows}
    foreseen = answers_foreseen(student, every)
    of_losses = PredictionFile(folder / f"losses-{identity}.jsonl")
    rows = in_shares(foreseen, of_losses, lambda own, part: text_losses(student, own, part))
    losses = {row["id"]: row for row in rows}
    table = folder / f"tasks-{identity}.parquet"
    cards = score_tasks(work.tasks, every, replies, losses, table)
    common = {"identity": identity, "predictions": str(file.path)}
    return {name: {**card, **common} for name, card in cards.items()}


def _at_most(examples: Sequence[Example], count: int | None) -> list[Example]:
    """The first `count` examples of every task; all where it is None."""
    taken: dict[str, int] = {}
    kept = []
    for example in examples:
        taken[example.task] = taken.get(example.task, 0) + 1
        if count is None or taken[example.task] <= count:
            kept.append(example)
    return kept
