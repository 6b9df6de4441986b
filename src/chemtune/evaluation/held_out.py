"""The tasks on held-out documents: greedy answers, read by the parser that reads the teacher's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chemtune.dataset.example import Example
from chemtune.evaluation.generation import generate
from chemtune.evaluation.metrics.chrf import chrf
from chemtune.evaluation.metrics.f1 import Overlap, macro_f1, micro_f1
from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.statistics import bootstrap, wilson
from chemtune.models.load import Student
from chemtune.progress import progress
from chemtune.tasks.task import Task, Unreadable


def answer_examples(
    student: Student, examples: Sequence[Example], *, max_new_tokens: int, file: PredictionFile
) -> list[dict[str, Any]]:
    """Answer every example that `file` does not hold yet; return all rows in the examples' order.

    An answer may be half as long again as the longest reference of its task, and no longer than
    `max_new_tokens`: an untuned model that repeats itself would else decode to the end of time.

    A row holds `id`, `reply` and `ended`: whether the answer came to its end within
    `max_new_tokens`, or None where the prompt left no room in the model's context.
    """
    wanted = [example for example in examples if example.id not in file.rows]
    prompts = [student.template.prompt_ids(example.messages) for example in wanted]
    by_task = _limits(student, examples, max_new_tokens)
    limits = [by_task[example.task] for example in wanted]
    room = [student.context - len(prompt) for prompt in prompts]
    fits = [i for i, limit in enumerate(limits) if limit <= room[i]]
    file.append(
        {"id": example.id, "reply": "", "ended": None}
        for example, limit, left in zip(wanted, limits, room, strict=True)
        if limit > left
    )
    with progress("Held-out answers", len(fits), "answers") as advance:
        answers = generate(student, [prompts[i] for i in fits], limits=[limits[i] for i in fits])
        for position, reply, ended in answers:
            row = {"id": wanted[fits[position]].id, "reply": reply, "ended": ended}
            file.append([row])
            advance()
    return [file.rows[example.id] for example in examples]


def _limits(student: Student, examples: Sequence[Example], max_new_tokens: int) -> dict[str, int]:
    longest: dict[str, int] = {}
    for example in examples:
        length = len(student.template.answer_ids(example.answer))
        longest[example.task] = max(longest.get(example.task, 0), length)
    return {task: min(length + length // 2, max_new_tokens) for task, length in longest.items()}


def score_task(task: Task, examples: Sequence[Example], replies: Sequence[str]) -> dict[str, Any]:
    """Score the replies to one task against the reference answers.

    An unreadable reply found nothing and said nothing: all of its reference's items are missed.

    Returns:
        `total`, `readable`, `readable_interval95`; under `items` for each metric `f1_micro`,
        `f1_macro`, `found`, `missed`, `invented`, `interval95` (of micro F1, bootstrap over
        examples); under `texts` the mean chrF++ of all the free texts, with its interval;
        `reasons`: why replies could not be read, by count.
    """
    overlaps: dict[str, list[Overlap]] = {}
    similarities: list[float] = []
    reasons: dict[str, int] = {}
    readable = 0
    for example, reply in zip(examples, replies, strict=True):
        reference = task.scored(task.read(example.answer))
        try:
            scored = task.scored(task.read(reply))
            readable += 1
        except Unreadable as error:
            scored = None
            # What the reply said stands behind the reason; it would make each one its own.
            reason = str(error).partition(": '")[0]
            reasons[reason] = reasons.get(reason, 0) + 1
        for name, items in reference.items.items():
            said = scored.items.get(name, frozenset()) if scored else frozenset()
            overlaps.setdefault(name, []).append(Overlap.of(said, items))
        if reference.texts:
            said_texts = scored.texts if scored else {}
            of_example = [chrf(said_texts.get(n, ""), t) for n, t in reference.texts.items() if t]
            similarities.append(sum(of_example) / max(len(of_example), 1))
    return {
        "title": task.title,
        "total": len(examples),
        "readable": readable,
        "readable_interval95": wilson(readable, len(examples)),
        "items": {name: _item_scores(of_examples) for name, of_examples in overlaps.items()},
        "texts": _text_scores(similarities) if similarities else None,
        "reasons": reasons,
    }


def _item_scores(overlaps: list[Overlap]) -> dict[str, Any]:
    return {
        "f1_micro": micro_f1(overlaps),
        "f1_macro": macro_f1(overlaps),
        "found": sum(o.found for o in overlaps),
        "missed": sum(o.missed for o in overlaps),
        "invented": sum(o.invented for o in overlaps),
        "interval95": bootstrap(len(overlaps), lambda draw: micro_f1(overlaps, draw)),
    }


def _text_scores(similarities: list[float]) -> dict[str, Any]:
    mean = sum(similarities) / len(similarities)
    interval = bootstrap(
        len(similarities), lambda draw: sum(similarities[i] for i in draw) / len(draw)
    )
    return {"chrf": mean, "interval95": interval}
