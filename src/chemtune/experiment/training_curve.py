"""The loss curve of a tuning, done or under way, out of the logs that it leaves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeGuard

from chemtune.recipe.run_folder import RunFolder

# As `tune` names its log when it is done; importing that would load torch.
FINAL_LOG = "log.jsonl"
TRAINING, VALIDATION = "loss", "eval_loss"
RECENT_STEPS = 20

Points = list[tuple[int, float]]


@dataclass
class Curve:
    """A tuning as far as its log tells.

    Attributes:
        training: (step, mean loss of the step's label tokens), by step.
        validation: (step, mean loss of the validation examples' label tokens).
        steps: How many steps it is to take; None where the log does not say.
        tokens_per_second: Of the last step, in tokens of its examples.
        times: (step, seconds since 1970) of the last steps of the newest process.
        ended: The step after which it ended, where it did so in order.
        failed: Why it failed, or "".
    """

    training: Points = field(default_factory=list)
    validation: Points = field(default_factory=list)
    steps: int | None = None
    tokens_per_second: float | None = None
    times: list[tuple[int, float]] = field(default_factory=list)
    ended: int | None = None
    failed: str = ""

    @property
    def step(self) -> int:
        """The last step that was logged."""
        return self.training[-1][0] if self.training else 0

    @property
    def seconds_per_step(self) -> float | None:
        """How long a step takes, validations and checkpoints between them included."""
        if len(self.times) < 2:
            return None
        (first, begun), (last, now) = self.times[0], self.times[-1]
        return (now - begun) / (last - first) if last > first else None

    @property
    def seconds_left(self) -> float | None:
        """How long it still takes at the speed of the last steps."""
        if self.steps is None or self.seconds_per_step is None:
            return None
        return max(self.steps - self.step, 0) * self.seconds_per_step

    def take(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """Take up further lines of the log. What is no finite number is left out."""
        for entry in entries:
            steps, ended, step = (entry.get(name) for name in ("steps", "ended", "step"))
            if isinstance(steps, int):
                self.steps = steps
            if isinstance(ended, int):
                self.ended = ended
            if "failed" in entry:
                self.failed = str(entry["failed"])
            if isinstance(step, int):
                self._take_step(step, entry)

    def _take_step(self, step: int, entry: Mapping[str, Any]) -> None:
        loss, held_out, at = entry.get(TRAINING), entry.get(VALIDATION), entry.get("at")
        if _is_number(held_out):
            self.validation.append((step, float(held_out)))
        if not _is_number(loss):
            return
        self.training.append((step, float(loss)))
        speed = entry.get("tokens_per_second")
        self.tokens_per_second = float(speed) if _is_number(speed) else None
        if _is_number(at):
            self.times = [*self.times[-RECENT_STEPS:], (step, float(at))]


class CurveReader:
    """Reads a run's log as it grows: each time only what is new.

    Args:
        folder: The run's folder.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.curve = Curve()
        self._paths = (folder.tuning_log, folder.adapter / FINAL_LOG)
        self._file: tuple[int, int] | None = None
        self._read = 0

    def read(self) -> bool:
        """Read what is new; return whether the curve is another one and not only longer.

        A half line is left until it is whole. A run that was tuned before there was a growing log
        has the log of its adapter.
        """
        path = next((path for path in self._paths if path.is_file()), None)
        if path is None:
            return self._begin_anew(None)
        try:
            with path.open("rb") as file:
                stat = os.fstat(file.fileno())
                anew = False
                if (stat.st_dev, stat.st_ino) != self._file or stat.st_size < self._read:
                    anew = self._begin_anew((stat.st_dev, stat.st_ino))
                file.seek(self._read)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:  # taken away between the two looks; the next one sees it
            return False
        self._read += len(whole) + len(newline)
        self.curve.take(_entries(whole))
        return anew

    def _begin_anew(self, file: tuple[int, int] | None) -> bool:
        had_any = self._file is not None
        self._file, self._read = file, 0
        if had_any:
            self.curve = Curve()
        return had_any


def read_curve(folder: RunFolder) -> Curve:
    """Return the curve of a run as it is now; an empty one where it was never tuned."""
    reader = CurveReader(folder)
    reader.read()
    return reader.curve


def _entries(text: bytes) -> Iterable[dict[str, Any]]:
    """The lines that hold an object; others tell nothing, and the rest of the log still does."""
    for line in text.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
