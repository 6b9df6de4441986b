"""What watches a tuning: Ctrl-C, the log, and whether the validation loss still falls."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from chemtune.files import write_json
from chemtune.models.memory import give_back_freed_memory
from chemtune.progress import Advance, say

BEST = "best"
SECONDS = "seconds.json"


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
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Save and stop where it was asked for."""
        if self.asked:
            control.should_save = control.should_training_stop = True
        return control


class StepLog(TrainerCallback):
    """Shows each step's loss."""

    def __init__(self, advance: Advance) -> None:
        """Count steps with `advance`."""
        self.advance = advance

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


class Stopwatch(TrainerCallback):
    """The seconds that the training takes, those up to the checkpoint that it goes on from too."""

    def __init__(self, checkpoint: Path | None) -> None:
        """Begin with what `checkpoint` brings, where it brings it."""
        path = checkpoint / SECONDS if checkpoint else None
        known = path is not None and path.is_file()
        self.before = float(json.loads(path.read_text(encoding="utf-8"))) if path and known else 0.0
        self.started = time.monotonic()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Begin to count."""
        self.started = time.monotonic()

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Write the seconds so far into the checkpoint."""
        if state.is_world_process_zero:
            folder = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}"
            write_json(folder / SECONDS, self.seconds)

    @property
    def seconds(self) -> float:
        """All that were counted up to now."""
        return self.before + time.monotonic() - self.started


class GiveBackMemory(TrainerCallback):
    """Gives freed memory back now and then: at every step it would cost more than it saves."""

    EVERY_STEPS = 8

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Give it back every so many steps."""
        if state.global_step % self.EVERY_STEPS == 0:
            give_back_freed_memory()


class KeepBest(TrainerCallback):
    """Keeps the adapter of the lowest validation loss, and stops where it no longer falls.

    All that decides stands in the Trainer's log, which a checkpoint brings back, so a resumed
    tuning stops where an uninterrupted one does.
    """

    def __init__(
        self, folder: Path, patience: int, least_gain: float, save: Callable[[Path], None]
    ) -> None:
        """Keep the best in `folder`, and stop after `patience` validations without a gain.

        `save` writes the learned weights; every process calls it.
        """
        self.folder, self.patience, self.least_gain = folder / BEST, patience, least_gain
        self.save = save
        self.stopped = False

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **_: Any,
    ) -> TrainerControl:
        """Look at the validation that was just logged."""
        losses = [
            (log["step"], log["eval_loss"]) for log in state.log_history if "eval_loss" in log
        ]
        best, since = best_of(losses, self.least_gain)
        if best == losses[-1]:
            self.save(self.folder)
        if best == losses[-1] and state.is_world_process_zero:
            write_json(self.folder / "best.json", {"step": best[0], "loss": best[1]})
        if since >= self.patience:
            say(f"The validation loss has not fallen for {since} validations: tuning stops")
            control.should_training_stop = self.stopped = True
        return control


def best_of(
    losses: Sequence[tuple[int, float]], least_gain: float
) -> tuple[tuple[int, float], int]:
    """Return the step and loss of the best validation, and how many came after it.

    Raises:
        ValueError: There is no validation.
    """
    if not losses:
        raise ValueError("no validation")
    best, since = losses[0], 0
    for one in losses[1:]:
        if one[1] < best[1] - least_gain:
            best, since = one, 0
        else:
            since += 1
    return best, since


def take_best(checkpoints: Path, adapter: Path) -> int:
    """Put the best adapter in the place of the last one; return the step that it is of."""
    best = checkpoints / BEST
    for path in best.iterdir():
        if path.name != "best.json":
            shutil.copyfile(path, adapter / path.name)
    return int(json.loads((best / "best.json").read_text(encoding="utf-8"))["step"])
