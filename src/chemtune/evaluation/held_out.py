"""The tasks on held-out documents: greedy answers, each kept as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chemtune.dataset.example import Example
from chemtune.evaluation.generation import generate
from chemtune.evaluation.predictions import PredictionFile
from chemtune.models.load import Student
from chemtune.progress import progress


def answer_examples(
    student: Student,
    examples: Sequence[Example],
    *,
    limits: Mapping[str, int],
    file: PredictionFile,
) -> list[dict[str, Any]]:
    """Answer every example that `file` does not hold yet; return all rows in the examples' order.

    A row holds `id`, `reply` and `ended`: whether the answer came to its end within the limit of
    its task, or None where the prompt left no room in the model's context.
    """
    wanted = [example for example in examples if example.id not in file.rows]
    prompts = [student.template.prompt_ids(example.messages) for example in wanted]
    of_each = [limits[example.task] for example in wanted]
    room = [student.context - len(prompt) for prompt in prompts]
    fits = [i for i, limit in enumerate(of_each) if limit <= room[i]]
    file.append(
        {"id": example.id, "reply": "", "ended": None}
        for example, limit, left in zip(wanted, of_each, room, strict=True)
        if limit > left
    )
    with progress("Held-out answers", len(fits), "answers") as advance:
        answers = generate(student, [prompts[i] for i in fits], limits=[of_each[i] for i in fits])
        for position, reply, ended in answers:
            row = {"id": wanted[fits[position]].id, "reply": reply, "ended": ended}
            file.append([row])
            advance()
    return [file.rows[example.id] for example in examples]


def answer_limits(
    student: Student, examples: Sequence[Example], max_new_tokens: int
) -> dict[str, int]:
    """Return for each task how many tokens an answer may have, at most.

    It is half as many again as the longest reference of its task has, and `max_new_tokens` at most:
    an untuned model that repeats itself would else decode to the end of time.
    """
    longest: dict[str, int] = {}
    for example in examples:
        length = len(student.template.answer_ids(example.answer))
        longest[example.task] = max(longest.get(example.task, 0), length)
    return {task: min(length + length // 2, max_new_tokens) for task, length in longest.items()}
