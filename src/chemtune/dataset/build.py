"""Step 1: documents and instructions go to a teacher; its replies become a checked data set."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

from chemtune.dataset.card import write_card
from chemtune.dataset.example import Example, write_examples, write_messages
from chemtune.dataset.label import Job, label, make_jobs
from chemtune.dataset.ledger import Ledger
from chemtune.dataset.prepare import leave_out_contaminated, prepare, question_key
from chemtune.documents.document import SPLITS
from chemtune.documents.question import read_questions
from chemtune.documents.read import find_files, read_documents
from chemtune.domains import find_domain
from chemtune.errors import InputError, Problem
from chemtune.recipe.load import check_names, load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import AnyTeacher, EndpointTeacher, Recipe
from chemtune.tasks.load import load_tasks
from chemtune.tasks.task import Task
from chemtune.teachers.ask import AskedCounts
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Teacher


def build(recipe: Recipe | Path | str, *, limit: int | None = None) -> dict[str, Any]:
    """Build the data set of a recipe in its run folder.

    Replies are journaled as they come; running again asks only for what the journal lacks.

    Args:
        recipe: A recipe, or the path of one.
        limit: Take only the first `limit` documents of each source.

    Returns:
        `documents`, `requests` (sent now), `replies_from_journal`, `accepted`, `rejected` (by
        reason), `examples` (by task and split), `tokens` (of the teacher), `wall_s`, `run`.

    Raises:
        InputError: The recipe, a file or the teacher's key is not as it should be.
        ChemtuneError: The teacher or the disk failed; what was journaled is kept.
    """
    started = time.monotonic()
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    groups, ledger = plan(recipe, limit=limit)
    opened = [(open_teacher(teacher, recipe.folder), jobs) for teacher, jobs in groups]
    jobs = [job for _, of_teacher in groups for job in of_teacher]
    folder = RunFolder(recipe.run_folder)
    folder.begin(recipe)
    examples, counts = list[Example](), AskedCounts()
    with Journal(folder.journal) as journal:
        for teacher, of_teacher in opened:
            accepted, asked = label(of_teacher, teacher, journal, ledger)
            examples += accepted
            counts += asked
    _write(folder.dataset, recipe, examples, ledger)
    if not examples:
        reasons = ", ".join(f"{n} {reason}" for reason, n in ledger.by_reason().items())
        raise InputError(
            Problem(f"no example was accepted ({reasons})", folder.dataset / "rejected.parquet")
        )
    return {
        "run": str(folder.path),
        "documents": len({job.document.id for job in jobs}),
        "requests": counts.requests_sent,
        "replies_from_journal": counts.replies_from_journal,
        "accepted": len(examples),
        "rejected": ledger.by_reason(),
        "examples": count_examples(examples),
        "tokens": {"prompt": counts.prompt_tokens, "completion": counts.completion_tokens},
        "wall_s": round(time.monotonic() - started, 2),
    }


def preview(recipe: Recipe | Path | str, *, limit: int | None = None) -> dict[str, Any]:
    """Return what `build` would ask, without asking: the counts, and one prompt of each task.

    Tokens are estimated at four characters each, 1.5 where the text is Korean.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    groups, ledger = plan(recipe, limit=limit)
    jobs = [job for _, of_teacher in groups for job in of_teacher]
    asked = [job for job in jobs if job.task.known(job.document) is None]
    prompts = {job.task.name: job.task.ask(job.document) for job in reversed(asked)}
    tokens = [
        len(message["content"]) / (1.5 if job.document.language == "ko" else 4)
        for job in asked
        for message in job.task.ask(job.document)
    ]
    return {
        "documents": len({job.document.id for job in jobs}),
        "requests": len(asked),
        "prompt_tokens_estimate": round(sum(tokens)),
        "left_out": ledger.by_reason(),
        "prompts": prompts,
    }


def plan(
    recipe: Recipe, *, limit: int | None = None
) -> tuple[list[tuple[AnyTeacher, list[Job]]], Ledger]:
    """Return every (document, task) of a recipe by teacher, and the ledger of what is left out.

    Raises:
        InputError: A name or a file of the recipe is not as it should be.
    """
    domain = find_domain(recipe.domain, recipe.folder)
    tasks = load_tasks(domain.task_folder)
    check_names(recipe, tasks=list(tasks))
    evaluated = _evaluated_questions(recipe)
    ledger, seen, taken = Ledger(), dict[str, str](), set[tuple[str, str]]()
    groups: list[tuple[AnyTeacher, list[Job]]] = []
    for source in recipe.documents:
        limits = [n for n in (limit, source.limit) if n is not None]
        documents = prepare(
            read_documents(
                find_files(source.path, recipe.folder),
                columns={str(name): column for name, column in source.columns.items()},
                language=source.language,
                source=source.source,
                licence=source.licence,
                limit=min(limits, default=None),
            ),
            max_characters=source.max_characters,
            validation=recipe.split.validation,
            test=recipe.split.test,
            seen=seen,
            ledger=ledger,
        )
        kept = leave_out_contaminated(documents, evaluated, ledger)
        jobs = make_jobs(kept, [tasks[name] for name in source.tasks], taken)
        teacher = source.teacher or recipe.teacher
        of_teacher = next((known for asked, known in groups if asked == teacher), None)
        if of_teacher is None:
            groups.append((teacher, jobs))
        else:
            of_teacher += jobs
    if not any(of_teacher for _, of_teacher in groups):
        reasons = ", ".join(f"{n} {reason}" for reason, n in ledger.by_reason().items())
        raise InputError(Problem(f"no document is left to build from ({reasons})", recipe._file))
    return groups, ledger


def open_teacher(asked: AnyTeacher, base: Path) -> Teacher:
    """Return the teacher that a recipe in the folder `base` names.

    Raises:
        InputError: Its replies are not there, or its key is not set.
    """
    if isinstance(asked, EndpointTeacher):
        from chemtune.teachers import endpoint

        return endpoint.EndpointTeacher(
            asked.base_url,
            asked.model,
            api_key=endpoint.api_key_from_env(asked.api_key_env),
            temperature=asked.temperature,
            max_tokens=asked.max_tokens,
            seed=asked.seed,
            concurrency=asked.concurrency,
            timeout_s=asked.timeout_s,
            retries=asked.retries,
            extra=asked.extra,
        )
    from chemtune.teachers.recorded import RecordedTeacher

    return RecordedTeacher(find_files(asked.replies, base))


def count_examples(examples: list[Example]) -> dict[str, dict[str, int]]:
    """Return the number of examples by task and split."""
    counts = Counter((example.task, example.split) for example in examples)
    tasks = dict.fromkeys(example.task for example in examples)
    return {task: {split: counts[task, split] for split in SPLITS} for task in tasks}


def tasks_of(recipe: Recipe) -> dict[str, Task]:
    """Return the tasks of a recipe's domain, by name."""
    return load_tasks(find_domain(recipe.domain, recipe.folder).task_folder)


def _evaluated_questions(recipe: Recipe) -> set[str]:
    """The keys of all questions that the run evaluates on, which must not be trained on."""
    keys = set()
    for questions in recipe.evaluation.questions:
        for path in find_files(questions.path, recipe.folder):
            for question in read_questions(path, split=questions.split):
                keys.add(question_key(question.text))
    return keys


def _write(folder: Path, recipe: Recipe, examples: list[Example], ledger: Ledger) -> None:
    for split in SPLITS:
        of_split = [example for example in examples if example.split == split]
        write_examples(folder / f"{split}.parquet", of_split)
        write_messages(folder / f"{split}.jsonl", of_split)
    ledger.write(folder / "rejected.parquet")
    write_card(folder / "README.md", recipe.name, examples, ledger)
