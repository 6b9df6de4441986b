"""Step 2: LoRA on the examples of all tasks."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chemtune.dataset.example import Example, read_examples
from chemtune.dataset.ledger import Ledger
from chemtune.domains import find_domain
from chemtune.errors import ChemtuneError, InputError, Interrupted, Problem
from chemtune.files import write_json
from chemtune.models.identity import identity_of, weights_identity
from chemtune.models.load import choose_precision, load_student
from chemtune.models.resolve import resolve_model
from chemtune.progress import progress, say
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe, Tuning
from chemtune.tuning.encode import Encoded, encode_examples
from chemtune.tuning.epoch import epoch_of

if TYPE_CHECKING:
    from chemtune.models.load import Student
    from chemtune.tuning.batches import LengthGroupedBatches
    from chemtune.tuning.trainer import Passes
    from chemtune.tuning.trees import TrunkBatches

SUMMARY = "tuning.json"


def tune(recipe: Recipe | Path | str) -> dict[str, Any]:
    """Tune the recipe's model on its data set; resume from the last checkpoint where there is one.

    An adapter that was trained on the same data with the same settings is not trained again.

    Returns:
        `adapter`, `steps`, `tokens` (of the examples), `tokens_run` (shared ones once),
        `label_tokens`, `tokens_per_second`, `loss_first`,
        `loss_last`, `validation_loss` (by step), `peak_memory_bytes`, `losses` (by step),
        `left_out` (by reason), `model` (name, origin, licence), `precision`, `wall_s`, `identity`.

    Raises:
        InputError: There is no data set, or no example fits.
        Interrupted: Ctrl-C; a checkpoint of the last step is kept.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    folder = RunFolder(recipe.run_folder)
    files = resolve_model(recipe.model, recipe.folder)
    examples = _examples(recipe, folder)
    identity = identity_of(
        weights_identity(files.folder),
        recipe.tuning.model_dump(),
        recipe.seed,
        [(e.messages, e.answer) for split in examples.values() for e in split],
    )
    done = finished(folder.adapter, identity)
    if done is not None:
        return done
    precision = _precision(recipe.tuning, folder.checkpoints, identity)
    student = load_student(files, precision=precision)
    ledger = Ledger()
    train, validation = (
        encode_examples(
            examples[split],
            student.template,
            max_tokens=min(recipe.tuning.max_tokens, student.context),
            ledger=ledger,
        )
        for split in ("train", "validation")
    )
    ledger.write(folder.dataset / "too_long.parquet")
    if ledger.entries:
        say(f"{len(ledger.entries)} examples are too long and left out; see too_long.parquet")
    if not train:
        remedy = "see too_long.parquet" if ledger.entries else "no document is in the train split"
        raise InputError(Problem("holds no example to train on", folder.dataset, remedy=remedy))
    summary = _train(student, train, validation, recipe, folder)
    model = {"name": files.name, "origin": files.origin, "licence": files.licence}
    summary |= {"model": model, "left_out": ledger.by_reason(), "identity": identity}
    write_json(folder.adapter / SUMMARY, summary)
    shutil.rmtree(folder.checkpoints, ignore_errors=True)
    return summary


def _examples(recipe: Recipe, folder: RunFolder) -> dict[str, list[Example]]:
    """The examples of an epoch, and those of the same tasks to validate on, each once."""
    both = {
        split: read_examples(folder.dataset / f"{split}.parquet")
        for split in ("train", "validation")
    }
    presets = find_domain(recipe.domain, recipe.folder).mixtures
    train = epoch_of(both["train"], recipe.tuning.mixture, presets)
    tasks = {example.task for example in train}
    return {"train": train, "validation": [e for e in both["validation"] if e.task in tasks]}


def finished(adapter: Path, identity: str) -> dict[str, Any] | None:
    """Return what `tune` returned for an adapter that is done with this identity, or None."""
    path = adapter / SUMMARY
    if not path.is_file():
        return None
    summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return summary if summary.get("identity") == identity else None


def _precision(settings: Tuning, checkpoints: Path, identity: str) -> str:
    """The precision of this tuning; the one it began with where it is resumed.

    Checkpoints of another data set or other settings are put away.
    """
    started = checkpoints / "started.json"
    if started.is_file():
        begun = json.loads(started.read_text(encoding="utf-8"))
        if begun["identity"] == identity:
            return str(begun["precision"])
        say("The data or the settings have changed: tuning begins anew")
        shutil.rmtree(checkpoints)
    chosen = choose_precision() if settings.precision == "auto" else settings.precision
    write_json(started, {"identity": identity, "precision": chosen})
    return chosen


def _train(
    student: Student,
    train: list[Encoded],
    validation: list[Encoded],
    recipe: Recipe,
    folder: RunFolder,
) -> dict[str, Any]:
    import torch

    from chemtune.tuning.adapter import with_adapter
    from chemtune.tuning.trainer import LabelRowTrainer, StepLog, StopOnInterrupt

    torch.manual_seed(recipe.seed)
    settings = recipe.tuning
    model = with_adapter(
        student.model,
        rank=settings.lora.rank,
        alpha=settings.lora.alpha,
        dropout=settings.lora.dropout,
        targets=settings.lora.targets,
        last_layers=settings.lora.last_layers,
        base_name=student.files.base_name,
    )
    batches, passes = _layout(student, model, train, recipe)
    by_epoch = settings.weigh == "epoch"
    trainer = LabelRowTrainer(
        model=model,
        args=training_arguments(settings, recipe.seed, folder.checkpoints, bool(validation)),
        train=train,
        batches=batches,
        passes=passes,
        eval_dataset=validation or None,
        labels_per_step=mean_labels(train, len(batches)) if by_epoch else None,
    )
    checkpoint = last_checkpoint(folder.checkpoints)
    steps = planned_steps(len(batches), settings)
    begun = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
    if checkpoint:
        say(f"Tuning goes on from step {begun} of {steps}")
    started = time.monotonic()
    with progress("Tuning", steps - begun, "steps") as advance, StopOnInterrupt() as stop:
        trainer.add_callback(StepLog(advance))
        trainer.add_callback(stop)
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if stop.asked and trainer.state.global_step < steps:
        raise Interrupted(
            f"interrupted: tuning is kept up to step {trainer.state.global_step} of {steps}; "
            "run again to go on"
        )
    wall = time.monotonic() - started
    model.save_pretrained(folder.adapter)
    return _summary(trainer.state, train, batches, wall, begun) | {
        "adapter": str(folder.adapter),
        "precision": student.precision,
    }


def _layout(
    student: Student, model: Any, train: list[Encoded], recipe: Recipe
) -> tuple[LengthGroupedBatches | TrunkBatches, Passes]:
    """Return each step's examples and how they are laid out in passes."""
    from chemtune.tuning.batches import LengthGroupedBatches, padded_passes
    from chemtune.tuning.tree_attention import see_trees
    from chemtune.tuning.trees import TrunkBatches, tree_passes

    settings, bound = recipe.tuning, recipe.tuning.tokens_per_pass
    if settings.batches == "trunks":
        see_trees(model)
        of_trees = TrunkBatches(train, settings.batch_size, bound, recipe.seed)
        return of_trees, partial(tree_passes, tokens_per_pass=bound)
    lengths = [len(example.ids) for example in train]
    padded = partial(padded_passes, tokens_per_pass=bound, pad_id=student.template.end_id)
    return LengthGroupedBatches(lengths, settings.batch_size, recipe.seed), padded


def training_arguments(settings: Tuning, seed: int, checkpoints: Path, validates: bool) -> Any:
    """Return transformers' arguments for these settings."""
    import torch
    from transformers import TrainingArguments

    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps or -1,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        warmup_steps=settings.warmup,
        lr_scheduler_type=settings.schedule,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        logging_steps=1,
        save_steps=settings.checkpoint_steps,
        save_total_limit=2,
        eval_strategy="epoch" if validates else "no",
        prediction_loss_only=True,
        seed=seed,
        data_seed=seed,
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),
    )


def mean_labels(train: list[Encoded], steps: int) -> float:
    """Return the mean number of label tokens of a step, where an epoch has `steps`."""
    return sum(example.label_count for example in train) / steps


def planned_steps(per_epoch: int, settings: Tuning) -> int:
    """Return the number of optimizer steps that a tuning takes, with `per_epoch` in an epoch."""
    if settings.max_steps:
        return settings.max_steps
    whole = per_epoch * settings.epochs
    return int(whole) + (whole > int(whole))


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint that was written to its end, or None."""
    # trainer_state.json is written last, so a checkpoint that a crash cut off lacks it.
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _summary(
    state: Any,
    train: list[Encoded],
    batches: LengthGroupedBatches | TrunkBatches,
    wall: float,
    begun: int,
) -> dict[str, Any]:
    losses = [(log["step"], log["loss"]) for log in state.log_history if "loss" in log]
    evaluated = [(log["step"], log["eval_loss"]) for log in state.log_history if "eval_loss" in log]
    if not losses:
        raise ChemtuneError("no step was trained: the settings ask for none")
    epochs = state.global_step / len(batches)
    tokens = sum(len(example.ids) for example in train)
    share = (state.global_step - begun) / state.global_step
    return {
        "steps": state.global_step,
        "tokens": round(tokens * epochs),
        "tokens_run": round(batches.tokens_run * epochs),
        "label_tokens": round(sum(example.label_count for example in train) * epochs),
        "tokens_per_second": round(tokens * epochs * share / wall, 1),
        "loss_first": losses[0][1],
        "loss_last": losses[-1][1],
        "validation_loss": evaluated,
        "losses": losses,
        "peak_memory_bytes": peak_memory_bytes(),
        "wall_s": round(wall, 1),
    }


def peak_memory_bytes() -> int:
    """Return the largest memory that this process has had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
