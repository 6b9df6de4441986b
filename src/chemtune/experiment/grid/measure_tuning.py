"""How long tuning takes: a few steps of it are run, and the tokens of all of it counted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from chemtune.dataset.example import read_examples
from chemtune.dataset.ledger import Ledger
from chemtune.domains import find_domain
from chemtune.experiment.grid.cell_run import CellWork
from chemtune.models.load import Student
from chemtune.models.resolve import resolve_model
from chemtune.models.template import Template
from chemtune.recipe.schema import Recipe, Tuning
from chemtune.tuning.encode import Encoded, fitting, token_count
from chemtune.tuning.epoch import epoch_of
from chemtune.tuning.fit import layout, planned_steps
from chemtune.tuning.learner import learner
from chemtune.tuning.loss import label_loss
from chemtune.tuning.memory import estimate_for
from chemtune.tuning.probe import probe_examples, probe_file
from chemtune.tuning.processes import Passes
from chemtune.tuning.token_cache import encode_cached
from chemtune.tuning.trees import TrunkBatches

# Measured after the first step, which compiles what the others use.
STEPS, LEAST_S, MOST_S = 2, 8.0, 60.0
WATCHED = 6


@dataclass(frozen=True)
class TuningLoad:
    """What a tuning runs.

    Attributes:
        train: The examples of an epoch.
        watched: Those of the validation and of general text.
        tokens: Of the examples of all epochs.
        tokens_run: The same, shared ones once.
        steps: Optimizer steps.
        validations: How often the loss is looked at.
    """

    train: list[Encoded]
    watched: list[Encoded]
    tokens: int
    tokens_run: int
    steps: int
    validations: int


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
    model = resolve_model(recipe.model, recipe.folder).folder
    read = {s: read_examples(work.dataset / f"{s}.parquet") for s in ("train", "validation")}
    read["train"] = epoch_of(
        read["train"], settings.mixture, domain.mixtures, lambda one: token_count(one, template)
    )
    tasks = {example.task for example in read["train"]}
    read["validation"] = [e for e in read["validation"] if e.task in tasks]
    kept = {}
    for split, examples in read.items():
        path = work.tokens / f"{split}.parquet"
        encoded = encode_cached(examples, template, model=model, path=path)
        most = min(settings.max_tokens, context)
        kept[split] = fitting(encoded, examples, max_tokens=most, ledger=Ledger())
    general = probe_file(settings.probe, domain.probe, recipe.folder)
    text = general.read_text(encoding="utf-8") if general else ""
    watched = [*kept["validation"], *probe_examples(text, template)]
    train = kept["train"]
    if not train:
        return TuningLoad([], watched, 0, 0, 0, 0)
    per_epoch, run = epoch_size(train, settings, recipe.tuning_seed)
    steps = planned_steps(per_epoch, settings)
    epochs = steps / per_epoch
    between = settings.validate_steps or per_epoch
    return TuningLoad(
        train,
        watched,
        round(sum(len(one.ids) for one in train) * epochs),
        round(run * epochs),
        steps,
        1 + -(-steps // between) if watched else 0,
    )


def epoch_size(train: Sequence[Encoded], settings: Tuning, seed: int) -> tuple[int, int]:
    """Return the optimizer steps of an epoch, and the tokens that it runs: shared ones once."""
    if settings.batches == "trunks":
        of_trees = TrunkBatches(train, settings.batch_size, settings.tokens_per_pass, seed)
        return len(of_trees), of_trees.tokens_run
    return -(-len(train) // settings.batch_size), sum(len(one.ids) for one in train)


def measure_tuning(student: Student, load: TuningLoad, recipe: Recipe) -> TuningRate:
    """Run a few steps of a tuning and throw them away; `student.model` has its adapter.

    Two steps at least are measured after the first one, and more where they are short.
    """
    settings = recipe.tuning
    batches, passes = layout(student, load.train, settings, recipe.tuning_seed)
    learned = [p for p in student.model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=0.0)
    student.model.train()
    seconds, tokens = 0.0, 0
    begun = time.monotonic()
    for number, batch in enumerate(batches):
        examples = [load.train[i] for i in batch]
        started, run = time.monotonic(), 0
        for part in passes(examples):
            ready = _on(student, part)
            label_loss(student.model, **ready).backward()  # type: ignore[no-untyped-call]
            run += ready["input_ids"].numel()
        torch.nn.utils.clip_grad_norm_(learned, settings.max_grad_norm or 1.0)
        optimizer.step()
        optimizer.zero_grad()
        took = time.monotonic() - started
        first_of_several = number == 0 and len(batches) > 1
        if not first_of_several:
            seconds += took
            # A row's padding is run, but is no token of an example.
            own = sum(len(one.ids) for one in examples)
            tokens += run if settings.batches == "trunks" else own
        enough = number >= STEPS and time.monotonic() - begun > LEAST_S
        if enough or time.monotonic() - begun > MOST_S:
            break
    return TuningRate(
        seconds / max(tokens, 1),
        _watched_s(student, load.watched, passes),
        estimate_for(student.model, load.train, tokens_per_pass=settings.tokens_per_pass).total,
    )


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
