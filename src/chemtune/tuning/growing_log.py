"""The log of a tuning that grows while it goes on, so that it can be watched from elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from chemtune.errors import ChemtuneError
from chemtune.files import write_text


class GrowingLog(TrainerCallback):
    """Writes what each step and validation logs to a JSON Lines file at once.

    The first line is `steps` (of the whole tuning) and `begun` (the step that this process goes on
    from). Then a line for each entry of the Trainer's log, those of this process with `at`, the
    time in seconds since 1970. The last one is `ended` (the step) or `failed` (why), where the
    process could still write it.

    A checkpoint brings the Trainer's log back, so a resumed tuning writes the file anew up to its
    checkpoint: what an earlier process logged after it is logged again, and once.
    """

    def __init__(self, path: Path) -> None:
        """Write to `path`, in the first of several processes."""
        self.path = path
        self._writes = False

    def __enter__(self) -> GrowingLog:
        """Nothing is written until the training begins."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Write down what went wrong; where that fails too, the first error is the one to tell."""
        if self._writes and isinstance(error, Exception):
            own = isinstance(error, ChemtuneError)
            with suppress(OSError):
                self._append({"failed": str(error) if own else f"{type(error).__name__}: {error}"})

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Write the head, and what a checkpoint has brought back."""
        self._writes = state.is_world_process_zero
        if self._writes:
            head = {"steps": state.max_steps, "begun": state.global_step, "at": _now()}
            write_text(self.path, _lines([head, *state.log_history]))

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Write what was logged."""
        if self._writes and logs:
            self._append({**logs, "step": state.global_step, "at": _now()})

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Write that the training has ended, by itself or since it was asked to."""
        if self._writes:
            self._append({"ended": state.global_step, "at": _now()})

    def _append(self, entry: Mapping[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(_lines([entry]))


def _lines(entries: Iterable[Mapping[str, Any]]) -> str:
    return "".join(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in entries)


def _now() -> float:
    return round(time.time(), 2)
