"""The estimates of cells that one measurement will do for; runs in a process of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from chemtune.evaluation.evaluate import Work
from chemtune.evaluation.held_out import answer_limits
from chemtune.evaluation.losses import answers_foreseen, texts_foreseen
from chemtune.experiment.grid.cell_run import CellWork
from chemtune.experiment.grid.measure_answers import (
    Decoding,
    ExamSpeed,
    measure_decoding,
    measure_exam,
    measure_losses,
    unmeasured_bytes,
)
from chemtune.experiment.grid.measure_tuning import (
    TuningLoad,
    TuningRate,
    adapted,
    load_of,
    measure_tuning,
)
from chemtune.models.load import Student, load_student
from chemtune.models.memory import peak_memory_bytes
from chemtune.models.resolve import resolve_model
from chemtune.recipe.run_folder import RunFolder
from chemtune.tuning.tune import END_TOKENS


@dataclass(frozen=True)
class Known:
    """What done cells tell: seconds of each step, and the memory; None where none tells it."""

    before_s: float | None
    after_s: float | None
    token_s: float | None
    memory_bytes: int | None


@dataclass(frozen=True)
class GroupWork:
    """Cells of one start, tuned at one speed, by id."""

    cells: dict[str, CellWork]
    known: Known


@dataclass(frozen=True)
class Estimate:
    """What a cell will take."""

    seconds: dict[str, float]
    memory_bytes: int
    tokens: int
    by: str

    def row(self) -> dict[str, Any]:
        """Return it as fields of a result."""
        seconds = {name: round(value, 1) for name, value in self.seconds.items()}
        wall = round(sum(seconds.values()), 1)
        own = {"seconds": seconds, "wall_s": wall, "memory_bytes": self.memory_bytes}
        return own | {"tokens": self.tokens, "by": self.by}


@dataclass
class _Measured:
    """What was measured of a model: seconds, and bytes at the most."""

    before_s: float = 0.0
    after_s: float = 0.0
    load_s: float = 0.0
    end_s: float = 0.0
    rate: TuningRate | None = None
    memory_bytes: int = 0
    tuning_bytes: int = 0
    loads: dict[str, TuningLoad] = field(default_factory=dict)


def estimate_group(group: GroupWork) -> dict[str, Estimate]:
    """Return the estimate of each cell of a group, by id."""
    measured = _measure(group)
    known = group.known
    found = {}
    for name, work in group.cells.items():
        before = known.before_s if known.before_s is not None else measured.before_s
        like = known.before_s is not None
        if not work.tuned:
            found[name] = Estimate(
                {"before": before}, measured.memory_bytes, 0, "like" if like else "measured"
            )
            continue
        load = measured.loads[name]
        seconds = {"before": before} if work.recipe.evaluation.baseline else {}
        if known.token_s is not None and known.after_s is not None:
            seconds |= {"tune": known.token_s * load.tokens_run, "after": known.after_s}
            memory = known.memory_bytes or measured.tuning_bytes
            found[name] = Estimate(seconds, memory, load.tokens, "like")
            continue
        rate = measured.rate
        if rate is None:
            continue
        watched = sum(len(one.ids) for one in load.watched) * load.validations
        tune = rate.token_s * load.tokens_run + rate.watched_s * watched
        seconds |= {"tune": measured.load_s + measured.end_s + tune, "after": measured.after_s}
        found[name] = Estimate(seconds, measured.tuning_bytes, load.tokens, "measured")
    return found


def _measure(group: GroupWork) -> _Measured:
    works, known = group.cells, group.known
    first = next(iter(works.values()))
    recipe = first.recipe
    started = time.monotonic()
    files = resolve_model(recipe.model, recipe.folder)
    tuned = {name: work for name, work in works.items() if work.tuned}
    any_tuned = next(iter(tuned.values()), None)
    four_bit = any_tuned is not None and any_tuned.recipe.tuning.lora.base == "nf4"
    student = load_student(files, precision=recipe.tuning.precision, four_bit=four_bit)
    found = _Measured(load_s=time.monotonic() - started)
    found.loads = {name: load_of(w, student.template, student.context) for name, w in tuned.items()}
    asking = Work.of(recipe, RunFolder(first.dataset.parent))
    most = recipe.evaluation.max_new_tokens
    before = None
    if known.before_s is None:
        before = _answers(student, asking, most, tuned=False, like=None)
        found.before_s = found.load_s + before.seconds
        # What looks before tuning whether an answer comes to its end.
        found.end_s = END_TOKENS * before.decoding.step_s if before.decoding else 0.0
    more = before.more_bytes if before else 0
    found.memory_bytes = peak_memory_bytes() + more
    if any_tuned is not None and known.token_s is None:
        longest = max(found.loads.values(), key=lambda load: len(load.material.train))
        if longest.material.train:
            student = adapted(student, any_tuned.recipe)
            student.model.eval()
            after = _answers(student, asking, most, tuned=True, like=before)
            found.after_s = found.load_s + after.seconds
            found.rate = measure_tuning(student, longest, any_tuned.recipe)
            found.tuning_bytes = max(found.rate.memory_bytes, found.memory_bytes)
    return found


@dataclass(frozen=True)
class _Answers:
    """The seconds of a model's answers, and how they were found."""

    exams: list[ExamSpeed]
    decoding: Decoding | None
    decoding_s: float
    losses_s: float
    more_bytes: int = 0

    @property
    def seconds(self) -> float:
        return sum(exam.whole_s for exam in self.exams) + self.decoding_s + self.losses_s


def _answers(
    student: Student, asking: Work, max_new_tokens: int, *, tuned: bool, like: _Answers | None
) -> _Answers:
    """Measure a model's answers; `like` are those without the adapter.

    A tuned model's are taken to be as long as the references.
    """
    before = [None] * len(asking.sets) if like is None else like.exams
    exams = [
        measure_exam(student, asked, known)
        for (asked, _), known in zip(asking.sets, before, strict=True)
    ]
    texts = texts_foreseen(student, [text for one in asking.texts for text in one.texts])
    losses_s = sum(
        measure_losses(student, foreseen)
        for foreseen in (answers_foreseen(student, [*asking.examples, *asking.foreseen]), texts)
    )
    limits_of = answer_limits(student, asking.examples, max_new_tokens)
    prompts = [student.template.prompt_ids(example.messages) for example in asking.examples]
    limits = [limits_of[example.task] for example in asking.examples]
    fits = [i for i, prompt in enumerate(prompts) if len(prompt) + limits[i] <= student.context]
    if not fits:
        return _Answers(exams, None, 0.0, losses_s)
    prompts, limits = [prompts[i] for i in fits], [limits[i] for i in fits]
    decoding = measure_decoding(student, prompts, limits, whole=not tuned)
    lengths: list[float] = [decoding.said * limit for limit in limits]
    if tuned:
        answers = [student.template.answer_ids(asking.examples[i].answer) for i in fits]
        lengths = [min(len(a), limit) for a, limit in zip(answers, limits, strict=True)]
    seconds = decoding.seconds(prompts, limits, lengths)
    return _Answers(exams, decoding, seconds, losses_s, unmeasured_bytes(student, prompts, limits))
