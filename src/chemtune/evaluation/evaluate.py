"""Step 3: the same held-out documents and questions, before and after tuning."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from chemtune.dataset.example import Example, read_examples
from chemtune.dataset.place import place_of
from chemtune.dataset.plan import tasks_of
from chemtune.documents.question import Question, read_questions
from chemtune.domains import find_domain
from chemtune.errors import InputError, Problem
from chemtune.evaluation.exam import Asking, ask_questions
from chemtune.evaluation.held_out import answer_examples, score_task
from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.scorecard import score_questions
from chemtune.files import write_json
from chemtune.models.identity import identity_of, weights_identity
from chemtune.models.load import Student, choose_precision, is_tuned, load_student
from chemtune.models.resolve import ModelFiles, resolve_model
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe
from chemtune.tasks.task import Task

SCORES = "scores.json"


def evaluate(recipe: Recipe | Path | str, *, only: str | None = None) -> dict[str, Any]:
    """Evaluate a recipe's model on the held-out documents and its question sets.

    What was computed before, with the same weights, prompts and decoding, is not computed again.

    Args:
        recipe: A recipe, or the path of one.
        only: "before" (the untuned model) or "after" (with the run's adapter); both by default.

    Returns:
        For "before" and "after" each: `identity`, `precision`, `tasks` (see `score_task`; with
        `predictions`, the file) and `questions` (see `score_questions`; likewise). It is also
        written to `evaluation/scores.json` of the run.

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
    scores = {
        which: _evaluate_model(recipe, folder, which, adapter, precision)
        for which, adapter in wanted.items()
    }
    path = folder.evaluation / SCORES
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() and only else {}
    write_json(path, known | scores)
    return scores


def evaluate_questions(
    *,
    model: str,
    questions: Path,
    adapter: Path | None = None,
    domain: str = "chemistry",
    subject: str | None = None,
    split: str | None = None,
    limit: int | None = None,
    shots: int = 0,
    shots_from: Path | None = None,
    permute: bool = False,
    precision: str = "float32",
    seed: int = 0,
    out: Path | None = None,
) -> dict[str, Any]:
    """Evaluate a model on one file of multiple-choice questions.

    Args:
        model: A preset, a folder or a hub name.
        questions: CSV or JSON Lines; see `read_questions`.
        adapter: A folder with an adapter in PEFT's format.
        domain: Whose wording of the prompt is used.
        subject: What the questions are about; from the file's name by default.
        split: Only the questions of this split, where the file names splits.
        limit: A sample of so many questions, drawn by `seed`.
        shots: Solved questions before each one.
        shots_from: The file that the shots are taken from, the first ones in its order.
        permute: Ask each question in every cyclic order of its options.
        precision: "float32", "bfloat16" or "auto".
        seed: Of the sample.
        out: The folder for predictions and scores; `runs/evaluate/MODEL/SET` by default.

    Returns:
        The scorecard (see `score_questions`) with `model`, `adapter`, `name`, `shots`, `precision`,
        `identity`, `predictions` and `wall_s`.
    """
    started = time.monotonic()
    files = resolve_model(model)
    asked = read_questions(questions, split=split)
    if limit is not None:
        asked = sample(asked, limit, seed)
    asking = Asking(
        find_domain(domain).exam,
        subject or subject_of(questions.stem),
        _shots(shots, shots_from),
        permute,
    )
    student = load_student(files, precision=precision, adapter=adapter)
    name = questions.stem
    folder = out or Path("runs") / "evaluate" / Path(model).name / name
    card = _evaluate_set(student, name, asked, asking, folder)
    result = {
        "model": model,
        "adapter": str(adapter) if adapter else None,
        "name": name,
        "shots": shots,
        "precision": student.precision,
        **card,
        "wall_s": round(time.monotonic() - started, 2),
    }
    write_json(folder / SCORES, result)
    return result


def subject_of(name: str) -> str:
    """Return what questions are about, from the name of their file or configuration.

    "high_school_chemistry_test" is about "high school chemistry".
    """
    words = name.replace("-", " ").replace("_", " ").split()
    while len(words) > 1 and words[-1].lower() in {"test", "dev", "train", "val", "validation"}:
        words.pop()
    return " ".join(words)


def sample(questions: list[Question], count: int, seed: int) -> list[Question]:
    """Return `count` of the questions, drawn by `seed`, in their order.

    Never the first ones: some files are sorted by difficulty.
    """
    if count >= len(questions):
        return questions
    drawn = sorted(Random(seed).sample(range(len(questions)), count))
    return [questions[index] for index in drawn]


def _shots(count: int, path: Path | None) -> tuple[Question, ...]:
    if count == 0:
        return ()
    if path is None:
        raise InputError(Problem("shots need a file that they are taken from", field="shots_from"))
    found = read_questions(path, limit=count)
    if len(found) < count:
        message = f"holds {len(found)} questions, fewer than the {count} shots asked for"
        raise InputError(Problem(message, path))
    return tuple(found)


def _evaluate_model(
    recipe: Recipe, folder: RunFolder, which: str, adapter: Path | None, precision: str
) -> dict[str, Any]:
    files = resolve_model(recipe.model, recipe.folder)
    student = load_student(files, precision=precision, adapter=adapter)
    place = folder.evaluation / which
    settings = recipe.evaluation
    scores: dict[str, Any] = {
        "identity": _student_identity(files, adapter, precision),
        "precision": precision,
        "tasks": {},
        "questions": {},
    }
    if settings.tasks:
        examples = read_examples(folder.dataset / f"{settings.split}.parquet")
        if isinstance(settings.tasks, list):
            examples = [example for example in examples if example.task in settings.tasks]
        held_out = _at_most(examples, settings.documents)
        scores["tasks"] = _evaluate_tasks(
            student, held_out, tasks_of(recipe), settings.max_new_tokens, place
        )
    wording = find_domain(recipe.domain, recipe.folder).exam
    for wanted in settings.questions:
        where = place_of(wanted, recipe.folder)
        name = wanted.name or where.about
        asked = [q for path in where.paths for q in read_questions(path, split=wanted.split)]
        if wanted.limit:
            asked = sample(asked, wanted.limit, recipe.seed)
        source = recipe.folder / wanted.shots_from if wanted.shots_from else None
        shots = _shots(wanted.shots, source)
        asking = Asking(wording, subject_of(where.about), shots, wanted.permute)
        scores["questions"][name] = _evaluate_set(student, name, asked, asking, place)
    return scores


def _evaluate_set(
    student: Student, name: str, questions: list[Question], asking: Asking, folder: Path
) -> dict[str, Any]:
    identity = identity_of(
        _student_identity(student.files, student.adapter, student.precision),
        "likelihood of labels",
        {language: wording.model_dump() for language, wording in asking.wording.items()},
        asking.subject,
        [asdict(shot) for shot in asking.shots],
        asking.permute,
        [asdict(question) for question in questions],
    )
    file = PredictionFile(folder / f"questions-{identity}.jsonl")
    rows = ask_questions(student, questions, asking, file)
    card = score_questions(rows)
    return {**card, "identity": identity, "predictions": str(file.path)}


def _evaluate_tasks(
    student: Student,
    examples: list[Example],
    tasks: dict[str, Task],
    max_new_tokens: int,
    folder: Path,
) -> dict[str, Any]:
    identity = identity_of(
        _student_identity(student.files, student.adapter, student.precision),
        ["greedy", max_new_tokens, student.template.text],
        [(example.id, example.messages) for example in examples],
    )
    file = PredictionFile(folder / f"tasks-{identity}.jsonl")
    rows = answer_examples(student, examples, max_new_tokens=max_new_tokens, file=file)
    replies = {row["id"]: row["reply"] for row in rows}
    scores = {}
    for name in dict.fromkeys(example.task for example in examples):
        of_task = [example for example in examples if example.task == name]
        card = score_task(tasks[name], of_task, [replies[example.id] for example in of_task])
        scores[name] = {**card, "identity": identity, "predictions": str(file.path)}
    return scores


def _student_identity(files: ModelFiles, adapter: Path | None, precision: str) -> str:
    adapted = weights_identity(adapter) if adapter else None
    return identity_of(weights_identity(files.folder), adapted, precision)


def _at_most(examples: Sequence[Example], count: int | None) -> list[Example]:
    """The first `count` examples of every task; all where it is None."""
    taken: dict[str, int] = {}
    kept = []
    for example in examples:
        taken[example.task] = taken.get(example.task, 0) + 1
        if count is None or taken[example.task] <= count:
            kept.append(example)
    return kept
