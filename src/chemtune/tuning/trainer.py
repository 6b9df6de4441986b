"""The training loop: transformers' Trainer with our batches, our loss and our way to stop."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import Any

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
from chemtune.tuning.batches import IGNORED, LengthGroupedBatches, collate, passes
from chemtune.tuning.encode import Encoded
from chemtune.tuning.loss import label_loss


class LabelRowTrainer(Trainer):
    """A Trainer whose step is one batch of like length, run in passes, weighed by label tokens."""

    def __init__(
        self,
        *,
        tokens_per_pass: int,
        pad_id: int,
        train: Sequence[Encoded],
        labels_per_step: float | None = None,
        **arguments: Any,
    ) -> None:
        """See `Trainer`; `train` and the evaluation data are sequences of `Encoded`.

        With `labels_per_step` each step's summed loss is divided by this number, the mean over the
        steps, and not by the step's own, so that all label tokens of an epoch weigh the same.
        """
        self.tokens_per_pass = tokens_per_pass
        self.labels_per_step = labels_per_step
        arguments["data_collator"] = partial(collate, pad_id=pad_id)
        super().__init__(train_dataset=train, **arguments)
        # The loss below is normalized by the label tokens of the whole step.
        self.model_accepts_loss_kwargs = True
        # It prints to standard output, which is the result's.
        self.remove_callback(PrinterCallback)
        self.loss_is_scaled_for_ga = True

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Batches of like length, in an order of seed and epoch alone."""
        lengths = [len(example.ids) for example in self.train_dataset]
        batches = LengthGroupedBatches(lengths, self.args.train_batch_size, self.args.seed)
        loader = DataLoader(
            self.train_dataset, batch_sampler=batches, collate_fn=self.data_collator
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
        for part in passes(inputs, self.tokens_per_pass):
            # Processes average their gradients, while the divisor counts over all of them.
            summed = label_loss(model, part["input_ids"], part["labels"])
            summed = summed * self.accelerator.num_processes
            self.accelerator.backward(summed / divisor)
            total += summed.detach()
        # What is logged is the mean over the step's labels, however they were weighed.
        mean: torch.Tensor = total / labels_in_step
        return mean

    def prediction_step(
        self,
        model: Any,
        inputs: dict[str, Any],
        prediction_loss_only: bool,
        ignore_keys: list[str] | None = None,
    ) -> tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor | None]:
        """Return the mean loss of a validation batch, run in passes as in training."""
        inputs = self._prepare_inputs(inputs)
        with torch.no_grad():
            total = sum(
                label_loss(model, part["input_ids"], part["labels"])
                for part in passes(inputs, self.tokens_per_pass)
            )
        return torch.as_tensor(total) / (inputs["labels"] != IGNORED).sum(), None, None


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
