"""The training loop: transformers' Trainer with our batches, our loss and our way to stop."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import FrameType
from typing import Any, Protocol

import torch
from torch.utils.data import DataLoader
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from chemtune.progress import Advance
from chemtune.tuning.batches import IGNORED
from chemtune.tuning.encode import Encoded
from chemtune.tuning.loss import label_loss

Passes = Callable[[Sequence[Encoded]], Iterator[dict[str, Any]]]


class EpochBatches(Protocol):
    """Indices of each step's examples, in an order of its epoch."""

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of epoch `epoch`, from 0."""

    def __len__(self) -> int:
        """The number of steps of an epoch."""

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the epoch's batches."""


class LabelRowTrainer(Trainer):
    """A Trainer whose step is one batch, run in passes and weighed by label tokens."""

    control: TrainerControl

    def __init__(
        self,
        *,
        train: Sequence[Encoded],
        batches: EpochBatches,
        passes: Passes,
        labels_per_step: float | None = None,
        **arguments: Any,
    ) -> None:
        """Train on the `batches` of `train`, each run as `passes` lays it out; see `Trainer`.

        With `labels_per_step` each step's summed loss is divided by this number, the mean over the
        steps, and not by the step's own, so that all label tokens of an epoch weigh the same.
        """
        self.batches = batches
        self.labels_per_step = labels_per_step
        arguments["data_collator"] = partial(laid_out, passes=passes)
        super().__init__(train_dataset=train, **arguments)
        # The loss below is normalized by the label tokens of the whole step.
        self.model_accepts_loss_kwargs = True
        # It prints to standard output, which is the result's.
        self.remove_callback(PrinterCallback)
        self.loss_is_scaled_for_ga = True

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return our batches."""
        loader = DataLoader(
            self.train_dataset, batch_sampler=self.batches, collate_fn=self.data_collator
        )
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Run one step's batch in passes; their gradients add up to that of its mean loss."""
        model.train()
        inputs = self._prepare_inputs(inputs)
        labels_in_step = num_items_in_batch
        if labels_in_step is None:
            labels_in_step = (inputs["labels"] != IGNORED).sum()
        divisor = self.labels_per_step or labels_in_step
        total = torch.zeros((), device=self.args.device)
        for part in inputs["passes"]:
            # Processes average their gradients, while the divisor counts over all of them.
            summed = label_loss(model, **part) * self.accelerator.num_processes
            self.accelerator.backward(summed / divisor)
            total += summed.detach()
        # What is logged is the mean over the step's labels, however they were weighed.
        mean: torch.Tensor = total / labels_in_step
        return mean

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Return, and log, the mean loss over all label tokens of the validation examples."""
        self.model.eval()
        # The sum of the losses and the number of labels, over all processes.
        sums = torch.zeros(2, dtype=torch.float64, device=self.args.device)
        with torch.no_grad():
            for batch in self.get_eval_dataloader(eval_dataset):
                for part in self._prepare_inputs(batch)["passes"]:
                    sums[0] += label_loss(self.model, **part)
                    sums[1] += (part["labels"] != IGNORED).sum()
        total, labels = self.accelerator.reduce(sums, "sum").tolist()
        metrics = {f"{metric_key_prefix}_loss": total / labels}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics


def laid_out(examples: Sequence[Encoded], passes: Passes) -> dict[str, Any]:
    """Return a batch's `passes`, and all its `labels`, by which the Trainer counts them."""
    parts = list(passes(examples))
    return {"labels": torch.cat([part["labels"].flatten() for part in parts]), "passes": parts}


class StopOnInterrupt(TrainerCallback):
    """Ctrl-C ends the step that is under way and writes a checkpoint; a second one ends at once."""

    def __init__(self) -> None:
        """Not asked to stop yet."""
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> StopOnInterrupt:
        """Take over Ctrl-C, where this is the main thread."""
        try:
            self._before = signal.signal(signal.SIGINT, self._ask)
        except ValueError:
            self._before = None
        return self

    def __exit__(self, *_: object) -> None:
        """Give Ctrl-C back."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> TrainerControl:
        """Save and stop where it was asked for."""
        if self.asked:
            control.should_save = control.should_training_stop = True
        return control


class StepLog(TrainerCallback):
    """Shows each step's loss and speed, and keeps the losses for the report."""

    def __init__(self, advance: Advance) -> None:
        """Count steps with `advance`."""
        self.advance = advance
        self.started = time.monotonic()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Show the step's loss."""
        if logs and "loss" in logs:
            self.advance(note=f"loss {logs['loss']:.3f}")
