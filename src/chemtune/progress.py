"""Progress on standard error: a bar with rate and time left, or quiet lines off a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from chemtune.wording.translate import translated, worded

QUIET_INTERVAL_S = 15.0


class Advance(Protocol):
    """Says that `count` more units of a piece of work are done; `note` is shown beside them."""

    def __call__(self, count: int = 1, *, note: str = "") -> None:
        """Count `count` more units as done."""
        ...


def say(message: str) -> None:
    """Print one line of news on standard error, so that standard output stays the result's.

    It is written in English here, and printed in the user's language.
    Where several processes tune together (torchrun), the first of them speaks.
    """
    if speaks():
        _print(translated(message))


@contextmanager
def progress(title: str, total: int, unit: str = "") -> Iterator[Advance]:
    """Show the progress of `total` units of work named `title`.

    Args:
        title: What is being done, for example "Asking the teacher", in English.
        total: The number of units; 0 shows nothing.
        unit: The unit's name in the plural, for example "requests", in English.

    Yields:
        A function that counts units as done.
    """
    if total <= 0 or not speaks():
        yield _ignore
    elif sys.stderr.isatty():
        with _bar(translated(title), total, translated(unit)) as advance:
            yield advance
    else:
        lines = _Lines(translated(title), total, unit)
        yield lines.advance
        lines.close()


def speaks() -> bool:
    """Whether this process is the one that prints, of those that torchrun starts together."""
    return os.environ.get("RANK", "0") == "0"


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _ignore(count: int = 1, *, note: str = "") -> None:
    del count, note


@contextmanager
def _bar(title: str, total: int, unit: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit} {{task.fields[rate]}} {{task.fields[note]}}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, rate="", note="")
        started, done = time.monotonic(), 0

        def advance(count: int = 1, *, note: str = "") -> None:
            nonlocal done
            done += count
            rate = done / max(time.monotonic() - started, 1e-9)
            bar.update(task, advance=count, rate=f"{rate:.3g}/s", note=translated(note))

        yield advance


class _Lines:
    """A line at the start, one every `QUIET_INTERVAL_S` seconds, and one at the end."""

    def __init__(self, title: str, total: int, unit: str) -> None:
        self.title, self.total, self.unit = title, total, unit
        self.done, self.note = 0, ""
        self.started = self.printed = time.monotonic()

    def advance(self, count: int = 1, *, note: str = "") -> None:
        """Count, and print a line where the last one is long ago."""
        self.done += count
        self.note = note or self.note
        now = time.monotonic()
        if now - self.printed >= QUIET_INTERVAL_S and self.done < self.total:
            self.printed = now
            left = (now - self.started) / max(self.done, 1) * (self.total - self.done)
            self._line(worded(", {} s left", f"{left:.0f}"))

    def close(self) -> None:
        """Print the last line."""
        self._line(worded(" in {} s", f"{time.monotonic() - self.started:.1f}"))

    def _line(self, tail: str) -> None:
        note = f", {translated(self.note)}" if self.note else ""
        unit = f" {self.unit}" if self.unit else ""
        counts = worded("{} of {}" + unit, self.done, self.total)
        _print(f"{self.title}: {counts}{note}{tail}")
