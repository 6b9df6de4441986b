"""The book of a grid: what has become of every cell, in `cells.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chemtune.files import write_json
from chemtune.recipe.grid import Cell, Grid

DONE, FAILED, OPEN, RUNNING = "done", "failed", "open", "running"
MEASURED = ("wall_s", "peak_memory_bytes", "tokens")


class Book:
    """The state of every cell, on disk as soon as it changes."""

    def __init__(
        self, path: Path, grid: Grid, identities: Mapping[str, str], starts: Mapping[str, str]
    ) -> None:
        """Open the book of `grid` at `path`.

        Args:
            path: The file.
            grid: The grid.
            identities: Of each cell's results, by id.
            starts: Of each cell's model before tuning, by id; cells of like ones share it.
        """
        self.path, self.grid = path, grid
        untuned = {starts[cell.id]: cell.id for cell in grid.cells if not cell.tuned}
        self.rows = {
            cell.id: _row(cell, identities[cell.id], untuned.get(starts[cell.id]))
            for cell in grid.cells
        }
        before = _read(path)
        self.changed = [
            name
            for name, row in self.rows.items()
            if name in before
            and before[name].get("state") == DONE
            and before[name].get("recipe") != row["recipe"]
        ]
        self.gone = [name for name in before if name not in self.rows]
        for name, row in self.rows.items():
            # What failed stays told until it is tried again.
            same = before.get(name, {})
            if same.get("state") == FAILED and same.get("recipe") == row["recipe"]:
                row |= {"state": FAILED, "why": same.get("why", "")}

    def note(
        self,
        name: str,
        state: str,
        why: str = "",
        result: Mapping[str, Any] | None = None,
        *,
        write: bool = True,
    ) -> None:
        """Note a cell's state, and what it returned where it is done; write the book."""
        measured = {field: (result or {}).get(field) for field in MEASURED}
        self.rows[name] |= {"state": state, "why": why, **measured}
        if write:
            self.write()

    def write(self) -> None:
        """Write the book."""
        axes = {name: list(labels) for name, labels in self.grid.axes.items()}
        book = {"grid": self.grid.name, "axes": axes, "cells": list(self.rows.values())}
        write_json(self.path, book)

    def count(self, state: str) -> int:
        """The number of cells in a state."""
        return sum(row["state"] == state for row in self.rows.values())


def _row(cell: Cell, identity: str, start: str | None) -> dict[str, Any]:
    return {
        "id": cell.id,
        "axes": dict(cell.axes),
        "state": OPEN,
        "why": "",
        "run": f"cells/{cell.id}",
        "own_start": start,
        "tuned": cell.tuned,
        "wall_s": None,
        "peak_memory_bytes": None,
        "tokens": None,
        "recipe": identity,
    }


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The rows of an earlier book by id; none where there is no book, or it cannot be read."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return {row["id"]: row for row in rows}
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}
