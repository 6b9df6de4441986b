"""The cells of a grid as its folder tells of them, done or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chemtune.errors import InputError, Problem
from chemtune.experiment.report import CELLS
from chemtune.experiment.results import read_json

DONE, FAILED = "done", "failed"
AGAIN = "run `chemtune experiment` on the grid again"


@dataclass(frozen=True)
class CellState:
    """A cell.

    Attributes:
        id: Its name.
        axes: The label of each axis that it has one of, as text.
        state: "done", "failed", "open" or "running".
        why: Why it failed, or "".
        run: Its run folder.
        tuned: False for a model as it was before tuning.
        own_start: The id of its model's untuned cell, "" where the grid has none.
        wall_s: How long it took, in seconds, where that is known.
        peak_memory_bytes: The most memory it took, where that is known.
        tokens: What it was tuned on, where that is known.
    """

    id: str
    axes: Mapping[str, str]
    state: str
    why: str
    run: Path
    tuned: bool
    own_start: str
    wall_s: float | None
    peak_memory_bytes: int | None
    tokens: int | None


@dataclass(frozen=True)
class GridState:
    """A grid: its name, the labels of each axis in order, and its cells in order."""

    folder: Path
    name: str
    axes: Mapping[str, tuple[str, ...]]
    cells: tuple[CellState, ...]

    @property
    def done(self) -> list[CellState]:
        """The cells that have results."""
        return [cell for cell in self.cells if cell.state == DONE]


def read_grid(folder: Path) -> GridState:
    """Read the cells of a grid.

    Raises:
        InputError: The folder is no grid's, or its file of cells is damaged.
    """
    path = folder / CELLS
    data = read_json(path)
    if data is None:
        raise InputError(Problem("is not a grid's folder: it has no cells.json", folder))
    try:
        axes = {str(name): tuple(map(str, labels)) for name, labels in data["axes"].items()}
        cells = tuple(_cell(cell, folder) for cell in data["cells"])
        return GridState(folder, str(data["grid"]), axes, cells)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        said = f"is damaged: {type(error).__name__} {error}"
        raise InputError(Problem(said, path, remedy=AGAIN)) from None


def _cell(data: Mapping[str, Any], folder: Path) -> CellState:
    return CellState(
        id=str(data["id"]),
        axes={str(name): str(label) for name, label in data["axes"].items()},
        state=str(data["state"]),
        why=str(data.get("why") or ""),
        run=folder / str(data["run"]),
        tuned=bool(data.get("tuned", data.get("own_start") != data["id"])),
        own_start=str(data.get("own_start") or ""),
        wall_s=None if data.get("wall_s") is None else float(data["wall_s"]),
        peak_memory_bytes=_count(data.get("peak_memory_bytes")),
        tokens=_count(data.get("tokens")),
    )


def _count(value: Any) -> int | None:
    return None if value is None else int(value)
