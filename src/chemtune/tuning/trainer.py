"""The training loop: transformers' Trainer with our batches, our loss and our validation."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate.state import PartialState
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainerControl

from chemtune.errors import ChemtuneError
from chemtune.tuning.batches import IGNORED, EpochBatches
from chemtune.tuning.encode import Encoded
from chemtune.tuning.loss import label_loss
from chemtune.tuning.processes import Passes, passes_of_share

VALIDATED_TOGETHER = 16


class EpochLoader(DataLoader[Any]):
    """The steps of an epoch, whose order the Trainer chooses."""

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of epoch `epoch`, from 0."""
        self.batch_sampler.set_epoch(epoch)  # type: ignore[union-attr]


class LabelRowTrainer(Trainer):
    """A Trainer whose step is one batch, run in passes and weighed by label tokens.

    With several processes each takes its share of every step's examples, so that the steps are the
    same whatever their number.
    """

    control: TrainerControl

    def __init__(
        self,
        *,
        train: Sequence[Encoded],
        batches: EpochBatches,
        passes: Passes,
        validation: Mapping[str, Sequence[Encoded]] | None = None,
        labels_per_step: float | None = None,
        **arguments: Any,
    ) -> None:
        """Train on the `batches` of `train`, each run as `passes` lays it out; see `Trainer`.

        Args:
            train: The examples.
            batches: Their indices, step by step.
            passes: Lays out examples in passes that bound the memory.
            validation: Examples whose mean loss is logged, by what it is logged as: "eval_loss".
            labels_per_step: Each step's summed loss is divided by this number, the mean over the
                steps, and not by the step's own, so that all label tokens of an epoch weigh alike.
            arguments: Of `Trainer`.
        """
        self.batches = batches
        self.passes = passes
        self.validation = validation or {}
        self.labels_per_step = labels_per_step
        self._tokens, self._started = 0, time.monotonic()
        # Weights that are shared out are gathered in every pass, by all processes together.
        self.sharded = arguments["args"].fsdp_plugin_args is not None
        arguments["data_collator"] = partial(laid_out, passes=passes, alike=self.sharded)
        # What it would evaluate; ours are `validation`.
        arguments["eval_dataset"] = next(iter(self.validation.values()), None)
        super().__init__(train_dataset=train, **arguments)
        # The loss below is normalized by the label tokens of the whole step.
        self.model_accepts_loss_kwargs = True
        # It prints to standard output, which is the result's.
        self.remove_callback(PrinterCallback)
        self.loss_is_scaled_for_ga = True

    def create_accelerator_and_postprocess(self) -> None:
        """Have accelerate share the weights out on processors too, as torch can.

        It leaves out FSDP where the processes have no GPU, and says nothing of it.
        """
        super().create_accelerator_and_postprocess()
        state = self.accelerator.state
        if (
            self.args.fsdp_plugin_args is None
            or state.distributed_type != DistributedType.MULTI_CPU
        ):
            return
        state.fsdp_plugin = FullyShardedDataParallelPlugin(**self.args.fsdp_plugin_args)
        state.distributed_type = DistributedType.FSDP
        # As accelerate keeps it for GPUs: every other state is made of this one.
        PartialState._shared_state["distributed_type"] = DistributedType.FSDP
        self.is_fsdp_enabled = True

    def learned_state(self) -> dict[str, Any] | None:
        """Return the learned weights by name, gathered by all processes for the first one.

        None where each process has them whole.
        """
        if not self.sharded:
            return None
        options = StateDictOptions(
            full_state_dict=True, cpu_offload=True, ignore_frozen_params=True
        )
        state = get_model_state_dict(self.model_wrapped, options=options)
        # Gathered, one matrix of two names is two matrices.
        tied = getattr(self.model, "all_tied_weights_keys", None) or {}
        return {name: value for name, value in state.items() if name not in tied}

    def save_learned(self, folder: Path) -> None:
        """Write the learned weights to `folder`; every process takes part, and one writes."""
        state = self.learned_state()
        if self.args.should_save:
            self.accelerator.unwrap_model(self.model_wrapped).save_pretrained(
                folder, state_dict=state
            )

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Write a checkpoint's weights: what is frozen is not gathered for it."""
        if self.sharded:
            self._save(output_dir, state_dict=self.learned_state())
        else:
            super().save_model(output_dir, _internal_call)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return our batches, the same in every process."""
        return EpochLoader(
            self.train_dataset, batch_sampler=self.batches, collate_fn=self.data_collator
        )

    def training_step(
        self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Run one step's batch in passes; their gradients add up to that of its mean loss.

        Raises:
            ChemtuneError: The loss is no number.
        """
        self._tokens, self._started = inputs["tokens"], time.monotonic()
        model.train()
        parts = self._prepare_inputs(inputs["passes"])
        divisor = self.labels_per_step or inputs["label_count"]
        total = torch.zeros((), device=self.args.device)
        for at, (part, weight) in enumerate(zip(parts, inputs["weights"], strict=True)):
            # Processes wait for each other once a step: they may have other numbers of passes.
            together = self.sharded or at == len(parts) - 1
            with nullcontext() if together else self.accelerator.no_sync(model):
                # They average their gradients, while the divisor counts over all of them.
                share = self.accelerator.num_processes * weight
                summed = label_loss(model, **part) * share
                self.accelerator.backward(summed / divisor)
            total += summed.detach()
        if not torch.isfinite(total):
            raise ChemtuneError(no_number("loss", self.state.global_step + 1, inputs["examples"]))
        # What is logged is the mean over the step's labels, however they were weighed.
        mean: torch.Tensor = total / inputs["label_count"]
        return mean

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Return, and log, the mean loss over all label tokens of each validation set."""
        metrics = {name: self.mean_loss(examples) for name, examples in self.validation.items()}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def mean_loss(self, examples: Sequence[Encoded]) -> float:
        """Return the mean loss over all label tokens of `examples`."""
        self.model.eval()
        # The sum of the losses and the number of labels, over all processes.
        sums = torch.zeros(2, dtype=torch.float64, device=self.args.device)
        with torch.no_grad():
            for at in range(0, len(examples), VALIDATED_TOGETHER):
                batch = examples[at : at + VALIDATED_TOGETHER]
                laid = passes_of_share(batch, self.passes, alike=self.sharded, least=0)
                for part, weight in laid:
                    ready = self._prepare_inputs(part)
                    sums[0] += weight * label_loss(self.model, **ready)
                    sums[1] += weight * (ready["labels"] != IGNORED).sum()
        total, labels = self.accelerator.reduce(sums, "sum").tolist()
        return float(total / labels)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log a step with its speed, in tokens of its examples a second.

        Raises:
            ChemtuneError: The gradient is no number; no checkpoint of the ruined state is written.
        """
        if "loss" in logs:
            wall = max(time.monotonic() - self._started, 1e-9)
            logs["tokens_per_second"] = round(self._tokens / wall, 1)
        if not math.isfinite(logs.get("grad_norm", 0.0)):
            raise ChemtuneError(no_number("gradient", self.state.global_step, ()))
        super().log(logs, start_time)


def laid_out(examples: Sequence[Encoded], passes: Passes, *, alike: bool = False) -> dict[str, Any]:
    """Return a step's `passes` of this process with their `weights`, and what counts over all.

    `label_count` and `tokens` are those of the whole step, `examples` are their names; see
    `passes_of_share`, of which there is one at least: the others wait for its gradients.
    """
    laid = passes_of_share(examples, passes, alike=alike, least=1)
    return {
        "passes": [part for part, _ in laid],
        "weights": [weight for _, weight in laid],
        "label_count": sum(example.label_count for example in examples),
        "tokens": sum(len(example.ids) for example in examples),
        "examples": [example.example for example in examples],
    }


def no_number(what: str, step: int, examples: Sequence[str]) -> str:
    """Say that a loss or gradient is no number, where, and what to do."""
    named = f" (examples {', '.join(examples[:8])})" if examples else ""
    return (
        f"the {what} of step {step} is no number{named}: tuning has stopped, and the last "
        "checkpoint is kept. Lower tuning.learning_rate, or set precision: float32"
    )
