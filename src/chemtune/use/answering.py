"""Answers of the run's model, many at once, each in the journal as soon as it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from chemtune.errors import Interrupted
from chemtune.progress import Advance, progress
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.teacher import Request, RequestRefused
from chemtune.use.tuned import TunedModel

if TYPE_CHECKING:
    from chemtune.models.load import Student

# Prompts that are sorted and batched together; their token ids are in memory.
WINDOW = 512


@dataclass
class Answered:
    """What a run of `answer_all` did.

    Attributes:
        computed: Answers computed now.
        from_journal: Answers that were there, or are those of an equal request.
        refused: By the journal's key, why there is no answer.
    """

    computed: int = 0
    from_journal: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def answer_all(
    model: TunedModel,
    load: Callable[[], Student],
    requests: Iterable[Request],
    total: int,
    journal: Journal,
) -> Answered:
    """Answer every request that the journal does not answer.

    A process that is killed loses the answers that were not complete.

    Args:
        model: Who answers.
        load: Loads it; called where there is something to compute.
        requests: Pulled lazily.
        total: Their number, for the progress.
        journal: Takes each answer as it is complete.

    Raises:
        Interrupted: Ctrl-C. What was complete by then is journaled.
        ChemtuneError: The journal cannot be written.
    """
    answered = Answered()
    student: Student | None = None
    pulled = iter(requests)
    with progress("Answering", total, "answers") as advance:
        try:
            while window := list(islice(pulled, WINDOW)):
                wanted = _wanted(model, window, journal, answered, advance)
                if wanted:
                    student = student or load()
                    for _ in _compute(model, student, wanted, journal, answered):
                        advance()
        except KeyboardInterrupt:
            raise Interrupted(
                f"interrupted: {answered.computed} answers of this run are kept in {journal.path}; "
                "run again to go on"
            ) from None
    return answered


def _wanted(
    model: TunedModel,
    window: list[Request],
    journal: Journal,
    answered: Answered,
    advance: Advance,
) -> dict[str, dict[str, Any]]:
    """The canonical requests, by key, that the journal does not answer, each once."""
    wanted: dict[str, dict[str, Any]] = {}
    for request in window:
        canonical = model.canonical(request)
        try:
            key = key_of(canonical)
        except RequestRefused:
            advance()  # told when it is read
            continue
        if key in wanted or journal.get(key) is not None:
            answered.from_journal += 1
            advance(note="from the journal")
        else:
            wanted[key] = canonical
    return wanted


def _compute(
    model: TunedModel,
    student: Student,
    wanted: dict[str, dict[str, Any]],
    journal: Journal,
    answered: Answered,
) -> Iterator[None]:
    """Yield for every request of `wanted` once it is answered, or refused for its length."""
    from chemtune.evaluation.generation import generate

    keys: list[str] = []
    prompts: list[list[int]] = []
    for key, canonical in wanted.items():
        prompt = student.template.prompt_ids(canonical["messages"])
        if len(prompt) + model.max_tokens > student.context:
            answered.refused[key] = (
                f"the prompt has {len(prompt)} tokens; with an answer of {model.max_tokens} that "
                f"is more than the model's context of {student.context}; use smaller chunks"
            )
            yield
        else:
            keys.append(key)
            prompts.append(prompt)
    limits = [model.max_tokens] * len(prompts)
    for at, text, ended in generate(student, prompts, limits=limits):
        raw = model.written(text, ended=ended, prompt_tokens=len(prompts[at]))
        key = keys[at]
        journal.put(key, teacher=model.name, canonical=wanted[key], raw=raw)
        answered.computed += 1
        yield
