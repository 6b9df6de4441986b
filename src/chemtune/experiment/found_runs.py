"""The runs below a folder: found, read once, and read again where their files have changed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from chemtune.errors import InputError
from chemtune.experiment.found_run import FoundRun, found_run, signature
from chemtune.experiment.grid_report.cells import CellState, read_grid
from chemtune.experiment.report import CELLS

DEPTH = 3
MOST_FOLDERS = 5000
MOST_RUNS = 500
# Any of them makes a folder a run's, so that one with a file missing is seen and said to be broken.
MARKS = ("versions.json", "adapter/tuning.json", "evaluation/scores.json")


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        runs: The runs, those that are nearest to the folder first.
        notes: What was left out, and why.
    """

    runs: tuple[FoundRun, ...]
    notes: tuple[str, ...] = ()


class FoundRuns:
    """The runs in a folder and up to three levels below it, the cells of grids among them.

    Links are not followed, hidden folders and what stands inside a run are not looked at.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._known: dict[Path, tuple[Any, FoundRun]] = {}
        self._found: Found | None = None
        self._lock = Lock()

    def find(self) -> Found:
        """Search the folder; only what has changed since the last time is read."""
        with self._lock:
            paths, cells, notes = self._search()
            known: dict[Path, tuple[Any, FoundRun]] = {}
            for path in paths:
                key = (signature(path), cells.get(path))
                before = self._known.get(path)
                # Whether a tuning still goes on is a matter of time, too.
                same = before is not None and before[0] == key and before[1].state.kind != "tuning"
                if before is not None and same:
                    known[path] = before
                    continue
                with suppress(FileNotFoundError):  # removed meanwhile
                    known[path] = (key, found_run(path, self._name(path), cells.get(path)))
            self._known = known
            self._found = Found(tuple(run for _, run in known.values()), tuple(notes))
            return self._found

    def run(self, name: str) -> FoundRun | None:
        """Return a run that was found by its name, as it was read last; None where there is none.

        A name is never made a path: it is looked for among the names of what was found.
        """
        found = self._found or self.find()
        return next((run for run in found.runs if run.name == name), None)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path != self.root else path.name

    def _search(self) -> tuple[list[Path], dict[Path, CellState], list[str]]:
        paths: list[Path] = []
        cells: dict[Path, CellState] = {}
        notes: list[str] = []
        for looked_at, (folder, inside) in enumerate(_folders(self.root)):
            if looked_at >= MOST_FOLDERS or len(paths) >= MOST_RUNS:
                limit = "runs" if len(paths) >= MOST_RUNS else "folders"
                most = MOST_RUNS if limit == "runs" else MOST_FOLDERS
                notes.append(f"{self.root}: only the first {most} {limit} are looked at")
                break
            if CELLS in inside:
                try:
                    cells |= {cell.run: cell for cell in read_grid(folder).cells}
                except (InputError, OSError) as error:
                    notes.append(str(error))
            if _is_run(folder):
                paths.append(folder)
        return paths, cells, notes


def _folders(root: Path) -> Iterator[tuple[Path, frozenset[str]]]:
    """Yield folders with the names in them, the nearest first; of a grid its cells alone."""
    waiting = deque([(root, 0)])
    while waiting:
        folder, depth = waiting.popleft()
        try:
            with os.scandir(folder) as entries:
                inside = {e.name: e.is_dir(follow_symlinks=False) for e in entries}
        except OSError:  # not ours to read
            continue
        yield folder, frozenset(inside)
        if depth == DEPTH or _is_run(folder):
            continue
        of_grid = CELLS in inside
        waiting += [
            (folder / name, depth + 1)
            for name in sorted(name for name, is_folder in inside.items() if is_folder)
            if not name.startswith(".") and (not of_grid or name == "cells")
        ]


def _is_run(folder: Path) -> bool:
    return any((folder / mark).is_file() for mark in MARKS)
