"""The training itself: model and tokens in, a summary and the adapter's files out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments

from chemtune.errors import ChemtuneError, Interrupted
from chemtune.models.fused_lora import fuse_lora
from chemtune.models.load import Student
from chemtune.models.memory import peak_memory_bytes
from chemtune.models.tree_attention import can_see_trees, see_trees
from chemtune.progress import progress, say
from chemtune.recipe.schema import Tuning
from chemtune.tuning.batches import (
    EpochBatches,
    LengthGroupedBatches,
    StagedBatches,
    padded_passes,
)
from chemtune.tuning.checkpoints import (
    SealCheckpoints,
    clear_after,
    full_disk_told,
    last_checkpoint,
    step_of,
)
from chemtune.tuning.encode import Encoded
from chemtune.tuning.growing_log import GrowingLog
from chemtune.tuning.material import FORGOTTEN, VALIDATED, Material
from chemtune.tuning.processes import Passes, is_main, wait_for_all, world_size
from chemtune.tuning.trackers import TENSORBOARD, own_trackers
from chemtune.tuning.trainer import LabelRowTrainer
from chemtune.tuning.trees import TrunkBatches, tree_passes
from chemtune.tuning.watch import (
    GiveBackMemory,
    KeepBest,
    StepLog,
    StopOnInterrupt,
    Stopwatch,
    take_best,
)

LOG = "log.jsonl"


def fit(
    student: Student,
    material: Material,
    settings: Tuning,
    *,
    seed: int,
    adapter: Path,
    checkpoints: Path,
    log: Path,
) -> dict[str, Any]:
    """Train `student.model`, which learns what requires a gradient; resume where a checkpoint is.

    Args:
        student: The model with its adapter.
        material: What is learned.
        settings: Of the recipe.
        seed: Of the order.
        adapter: Where the learned weights are written, in the format of their library.
        checkpoints: Where the state is kept meanwhile.
        log: Where each step is told as it is taken; see `GrowingLog`.

    Returns:
        The summary; see `tune`.

    Raises:
        Interrupted: Ctrl-C; a checkpoint of the last step is kept.
        ChemtuneError: The loss is no number.
    """
    batches = batches_of(material, settings, seed)
    passes = passes_for(student, settings)
    checkpoint = last_checkpoint(checkpoints)
    if is_main():
        clear_after(checkpoints, checkpoint)
    wait_for_all()
    validation = material.validation_sets
    arguments = training_arguments(
        settings, seed, checkpoints, bool(validation), resumed=checkpoint is not None
    )
    by_epoch = settings.weigh == "epoch"
    stopwatch = Stopwatch(checkpoint)
    trainer = LabelRowTrainer(
        model=student.model,
        args=arguments,
        train=material.train,
        batches=batches,
        passes=passes,
        validation=validation,
        labels_per_step=mean_labels(material.train, len(batches)) if by_epoch else None,
        # What a checkpoint holds is written before its seal.
        callbacks=[stopwatch, SealCheckpoints(), GiveBackMemory()],
    )
    best = _keep_best(settings, material, checkpoints, trainer.save_learned)
    if best is not None:
        trainer.add_callback(best)
    begun = step_of(checkpoint) if checkpoint else 0
    if is_main():
        for tracker in own_trackers(settings.report_to, checkpoints.parent / TENSORBOARD, begun):
            trainer.add_callback(tracker)
    _train(trainer, checkpoint, steps=planned_steps(len(batches), settings), log=log)
    wall = stopwatch.seconds
    _save(trainer, adapter)
    summary = _summary(trainer.state, material.train, batches, wall)
    if best is not None and is_main():
        summary |= {"best_step": take_best(checkpoints, adapter), "stopped_early": best.stopped}
    return summary


def _train(trainer: LabelRowTrainer, checkpoint: Path | None, *, steps: int, log: Path) -> None:
    """Take the steps, from those of `checkpoint` on, and show and log each."""
    begun = step_of(checkpoint) if checkpoint else 0
    if checkpoint:
        say(f"Tuning goes on from step {begun} of {steps}")
    with (
        progress("Tuning", steps - begun, "steps") as advance,
        StopOnInterrupt() as stop,
        GrowingLog(log) as growing,
    ):
        for watcher in (StepLog(advance), stop, growing):
            trainer.add_callback(watcher)
        # Trackers print; standard output is the result's.
        with full_disk_told(Path(str(trainer.args.output_dir))), redirect_stdout(sys.stderr):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if stop.asked and trainer.state.global_step < steps:
        raise Interrupted(
            f"interrupted: tuning is kept up to step {trainer.state.global_step} of {steps}; "
            "run again to go on"
        )


def _keep_best(
    settings: Tuning, material: Material, checkpoints: Path, save: Callable[[Path], None]
) -> KeepBest | None:
    stopping = settings.early_stopping
    if stopping is None or not material.validation:
        return None
    return KeepBest(checkpoints, stopping.patience, stopping.least_gain, save)


def batches_of(material: Material, settings: Tuning, seed: int) -> EpochBatches:
    """Return each step's examples; with a curriculum, stage after stage."""
    if material.stages is None:
        return _grouped(material.train, settings, seed)
    of_stages = [
        (members, _grouped([material.train[i] for i in members], settings, seed))
        for members in material.stages
    ]
    return StagedBatches(of_stages)


def _grouped(train: Sequence[Encoded], settings: Tuning, seed: int) -> EpochBatches:
    if settings.batches == "trunks":
        return TrunkBatches(train, settings.batch_size, settings.tokens_per_pass, seed)
    lengths = [len(example.ids) for example in train]
    return LengthGroupedBatches(lengths, settings.batch_size, seed)


def passes_for(student: Student, settings: Tuning) -> Passes:
    """Return how a step's examples are laid out in passes; readies the model for it."""
    bound = settings.tokens_per_pass
    fuse_lora(student.model)
    if settings.batches == "trunks" or can_see_trees(student.model):
        # Rows without trees attend faster by it too.
        see_trees(student.model)
    if settings.batches == "trunks":
        return partial(tree_passes, tokens_per_pass=bound)
    return partial(padded_passes, tokens_per_pass=bound, pad_id=pad_id(student))


def pad_id(student: Student) -> int:
    """Return a token to fill rows with, which is not the one that ends an answer.

    What stands in the padding is neither seen nor learned; yet padding with the end of an answer is
    how others came to mask that end.
    """
    own = student.tokenizer.pad_token_id
    end = student.template.end_id
    if own is not None and own != end:
        return int(own)
    return 0 if end != 0 else 1


def training_arguments(
    settings: Tuning, seed: int, checkpoints: Path, validates: bool, *, resumed: bool
) -> TrainingArguments:
    """Return transformers' arguments for these settings."""
    between = "steps" if settings.validate_steps else "epoch"
    several: dict[str, Any] = {
        "ddp_backend": None if torch.cuda.is_available() else "gloo",
        # The only buffers are the angles of positions, which never change.
        "ddp_broadcast_buffers": False,
        "ddp_find_unused_parameters": False,
    }
    if settings.sharded:
        several |= {"fsdp": "full_shard auto_wrap", "fsdp_config": {"fsdp_version": 2}}
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
        logging_nan_inf_filter=False,
        save_steps=settings.checkpoint_steps,
        save_total_limit=2,
        eval_strategy=between if validates else "no",
        eval_steps=settings.validate_steps,
        # What the losses were before; a resumed tuning has it in its log.
        eval_on_start=validates and not resumed,
        prediction_loss_only=True,
        seed=seed,
        data_seed=seed,
        report_to=[name for name in settings.report_to if name != TENSORBOARD] or "none",
        run_name=checkpoints.parent.name,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),
        **(several if world_size() > 1 else {}),
    )


def mean_labels(train: Sequence[Encoded], steps: int) -> float:
    """Return the mean number of label tokens of a step, where an epoch has `steps`."""
    return sum(example.label_count for example in train) / steps


def planned_steps(per_epoch: int, settings: Tuning) -> int:
    """Return the number of optimizer steps that a tuning takes, with `per_epoch` in an epoch."""
    if settings.max_steps:
        return settings.max_steps
    whole = per_epoch * settings.epochs
    return int(whole) + (whole > int(whole))


def _save(trainer: LabelRowTrainer, adapter: Path) -> None:
    trainer.save_learned(adapter)
    if is_main():
        lines = (json.dumps(entry) for entry in trainer.state.log_history)
        (adapter / LOG).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    wait_for_all()


def _summary(
    state: Any,
    train: Sequence[Encoded],
    batches: EpochBatches,
    wall: float,
) -> dict[str, Any]:
    def logged(name: str) -> list[tuple[int, float]]:
        return [(log["step"], log[name]) for log in state.log_history if name in log]

    losses = logged("loss")
    if not losses:
        raise ChemtuneError("no step was trained: the settings ask for none")
    epochs = state.global_step / len(batches)
    tokens = sum(len(example.ids) for example in train)
    return {
        "steps": state.global_step,
        "tokens": round(tokens * epochs),
        "tokens_run": round(batches.tokens_run * epochs),
        "label_tokens": round(sum(example.label_count for example in train) * epochs),
        "tokens_per_second": round(tokens * epochs / wall, 1),
        "loss_first": losses[0][1],
        "loss_last": losses[-1][1],
        "validation_loss": logged(VALIDATED),
        "probe_loss": logged(FORGOTTEN),
        "losses": losses,
        "peak_memory_bytes": peak_memory_bytes(),
        "wall_s": round(wall, 1),
    }
