"""How long tuning takes: a few steps of it are run, and the tokens of all of it counted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import torch

from chemtune.dataset.ledger import Ledger
from chemtune.domains import find_domain
from chemtune.experiment.grid.cell_run import CellWork
from chemtune.models.load import Student
from chemtune.models.memory import peak_memory_bytes
from chemtune.models.resolve import resolve_model
from chemtune.models.template import Template
from chemtune.recipe.schema import Recipe
from chemtune.tuning.batches import EpochBatches
from chemtune.tuning.encode import Encoded, token_count
from chemtune.tuning.fit import batches_of, passes_for, planned_steps
from chemtune.tuning.learner import learner
from chemtune.tuning.loss import label_loss
from chemtune.tuning.material import Material, as_tokens, choose
from chemtune.tuning.processes import Passes

STEPS, LEAST_S, MOST_S = 2, 8.0, 60.0
WATCHED = 6
# Batches that the largest pass is looked for in.
LOOKED_AT = 500


@dataclass(frozen=True)
class TuningLoad:
    """What a tuning runs.

    Attributes:
        material: The examples of an epoch, and what is looked at.
        tokens: Of the examples of all epochs.
        tokens_run: The same, shared ones once.
        steps: Optimizer steps.
        validations: How often the loss is looked at.
    """

    material: Material
    tokens: int
    tokens_run: int
    steps: int
    validations: int

    @property
    def watched(self) -> list[Encoded]:
        """The examples of the validation and of general text."""
        return [*self.material.validation, *self.material.probe]


@dataclass(frozen=True)
class TuningRate:
    """Seconds of a token that is learned from, and of one that is only looked at; the memory."""

    token_s: float
    watched_s: float
    memory_bytes: int


def load_of(work: CellWork, template: Template, context: int) -> TuningLoad:
    """Count what a cell's tuning will run; its tokens are kept for it."""
    recipe = work.recipe
    settings = recipe.tuning
    domain = find_domain(recipe.domain, recipe.folder)
    chosen = choose(work.dataset, settings, domain, lambda one: token_count(one, template))
    material = as_tokens(
        chosen,
        recipe,
        domain,
        template,
        files=resolve_model(recipe.model, recipe.folder),
        context=context,
        kept=work.tokens,
        ledger=Ledger(),
    )
    if not material.train:
        return TuningLoad(material, 0, 0, 0, 0)
    batches = batches_of(material, settings, recipe.tuning_seed)
    steps = planned_steps(len(batches), settings)
    epochs = steps / len(batches)
    between = settings.validate_steps or len(batches)
    return TuningLoad(
        material,
        round(sum(len(one.ids) for one in material.train) * epochs),
        round(batches.tokens_run * epochs),
        steps,
        1 + -(-steps // between) if material.validation_sets else 0,
    )


def measure_tuning(student: Student, load: TuningLoad, recipe: Recipe) -> TuningRate:
    """Run a few steps of a tuning and throw them away; `student.model` has its adapter.

    The largest pass is run first: what it takes of memory no other one exceeds. Two steps at least
    are measured after the first one, and more where they are short; of a model whose step takes
    more than a minute, one.
    """
    settings = recipe.tuning
    train = load.material.train
    batches = batches_of(load.material, settings, recipe.tuning_seed)
    passes = passes_for(student, settings)
    learned = [p for p in student.model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=0.0)
    student.model.train()

    def step(parts: Iterable[dict[str, Any]]) -> int:
        run = 0
        for part in parts:
            ready = _on(student, part)
            label_loss(student.model, **ready).backward()  # type: ignore[no-untyped-call]
            run += ready["input_ids"].numel()
        torch.nn.utils.clip_grad_norm_(learned, settings.max_grad_norm or 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return run

    step([_largest(train, batches, passes)])
    seconds, tokens = 0.0, 0
    begun = time.monotonic()
    for number, batch in enumerate(batches):
        examples = [train[i] for i in batch]
        started = time.monotonic()
        run = step(passes(examples))
        took = time.monotonic() - started
        # The first one compiles what the others use, which is little of a long one.
        if number or len(batches) == 1 or took > LEAST_S:
            seconds += took
            # A row's padding is run, but is no token of an example.
            own = sum(len(one.ids) for one in examples)
            tokens += run if settings.batches == "trunks" else own
        enough = number >= STEPS and time.monotonic() - begun > LEAST_S
        if enough or time.monotonic() - begun > MOST_S:
            break
    watched_s = _watched_s(student, load.watched, passes)
    return TuningRate(seconds / max(tokens, 1), watched_s, _peak_bytes(student))


def _peak_bytes(student: Student) -> int:
    """The most memory that a tuning takes where the model is."""
    if student.model.device.type == "cuda":
        return int(torch.cuda.max_memory_reserved(student.model.device))
    return peak_memory_bytes()


def _largest(train: Sequence[Encoded], batches: EpochBatches, passes: Passes) -> dict[str, Any]:
    """The pass of an epoch that runs the most tokens; of a long one the beginning is looked at."""
    parts = (
        part for batch in islice(batches, LOOKED_AT) for part in passes([train[i] for i in batch])
    )
    return max(parts, key=lambda part: int(part["input_ids"].numel()))


def adapted(student: Student, recipe: Recipe) -> Student:
    """Return the student with what is to learn."""
    torch.manual_seed(recipe.tuning_seed)
    model = learner(student.model, recipe.tuning, student.files.base_name)
    return replace(student, model=model)


def _watched_s(student: Student, watched: Sequence[Encoded], passes: Passes) -> float:
    """Seconds of a token whose loss is only looked at."""
    some = list(watched[:: max(len(watched) // WATCHED, 1)])[:WATCHED]
    if not some:
        return 0.0
    student.model.eval()
    started = time.monotonic()
    with torch.no_grad():
        for part in passes(some):
            label_loss(student.model, **_on(student, part))
    took = time.monotonic() - started
    return took / sum(len(one.ids) for one in some)


def _on(student: Student, part: dict[str, Any]) -> dict[str, Any]:
    device = student.model.device
    return {n: v.to(device) if isinstance(v, torch.Tensor) else v for n, v in part.items()}
