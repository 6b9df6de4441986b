"""The rows of a grid's tables: the cells that differ in seed alone are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chemtune.errors import InputError
from chemtune.experiment.grid_report.cells import CellState, GridState
from chemtune.experiment.grid_report.outcomes import Column, Panels, panels_of
from chemtune.experiment.measure import SIDES, Side
from chemtune.experiment.measured_run import MeasuredRun, ScoredMeasure
from chemtune.experiment.pairing import common_examples
from chemtune.experiment.results import Results, read_results

SEED = "seed"
MODELS = ("start", "model")
BETWEEN = "--"  # as the grid joins labels to the name of a cell
UNTUNED = "no tuning"
BEFORE, AFTER = SIDES


@dataclass(frozen=True)
class Measured:
    """A cell with what it was measured at.

    Attributes:
        cell: The cell.
        panels: Its columns by panel and title.
        before: Those of its untuned side, where its own run has measured it.
        tuning: What `tune` returned; None of an untuned model.
    """

    cell: CellState
    panels: Panels
    before: Panels
    tuning: dict[str, Any] | None


@dataclass(frozen=True)
class Row:
    """Cells that are alike but for the seed.

    Attributes:
        start: What its model is called: the labels that all cells of that model share.
        condition: What was done to it: the other labels; "no tuning" where nothing was.
        tuned: Whether it is compared with an untuned model.
        cells: One a seed.
        own: The untuned model, by panel and title; empty where it was not measured.
    """

    start: str
    condition: str
    tuned: bool
    cells: tuple[Measured, ...]
    own: Panels = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The row's name, as it is told apart from all others."""
        return self.start if self.condition == UNTUNED else f"{self.start} + {self.condition}"

    def column(self, panel: str, title: str) -> Column | None:
        """Return a column over all seeds together; None where a seed was not measured at it."""
        found = [cell.panels.get(panel, {}).get(title) for cell in self.cells]
        columns = [column for column in found if column is not None]
        if not columns or len(columns) < len(found):
            return None
        permuted = [c.permuted for c in columns if c.permuted]
        return replace(
            columns[0],
            measure=pooled([c.measure for c in columns]),
            permuted=pooled(permuted) if len(permuted) == len(columns) else None,
            letters=None if len(columns) > 1 else columns[0].letters,
        )


@dataclass(frozen=True)
class Rows:
    """All rows of a grid, with what could not be read: (cell, why)."""

    rows: tuple[Row, ...]
    gaps: tuple[tuple[str, str], ...]

    @property
    def panels(self) -> dict[str, list[str]]:
        """The titles of each panel's columns, in the order in which they were found."""
        found: dict[str, dict[str, None]] = {}
        for row in self.rows:
            for of in (*(cell.panels for cell in row.cells), row.own):
                for panel, columns in of.items():
                    found.setdefault(panel, {}).update(dict.fromkeys(columns))
        return {panel: list(titles) for panel, titles in found.items()}

    @property
    def starts(self) -> list[str]:
        """The names of the models."""
        return list(dict.fromkeys(row.start for row in self.rows))


def pooled(measures: Sequence[ScoredMeasure]) -> ScoredMeasure:
    """Return the mean part of each example that all of them have."""
    if len(measures) == 1:
        return measures[0]
    first = measures[0]
    # Their names are of no account here: a difference in examples shows in the tables' totals.
    common = common_examples([MeasuredRun("", "") for _ in measures], measures)
    parts = {
        name: (
            common.clusters[at],
            sum(above[at] for above, _ in common.runs) / len(measures),
            sum(below[at] for _, below in common.runs) / len(measures),
        )
        for at, name in enumerate(common.examples)
    }
    # A mean of seeds that differ is no longer right or wrong.
    agreed = all(above in (0, 1) for _, above, _ in parts.values())
    return replace(first, parts=parts, yes_or_no=first.yes_or_no and agreed)


def read_rows(grid: GridState) -> Rows:
    """Read the cells that are done, and group them; one that cannot be read is a gap."""
    measured: dict[str, Measured] = {}
    gaps: list[tuple[str, str]] = []
    for cell in grid.done:
        try:
            found, missing = _measured(cell)
        except InputError as error:
            gaps.append((cell.id, str(error)))
            continue
        measured[cell.id] = found
        gaps += [(cell.id, gap) for gap in missing]
    of_start = _start_axes(grid)
    groups: dict[tuple[str, str], list[Measured]] = {}
    for one in measured.values():
        groups.setdefault(_names(one.cell, of_start), []).append(one)
    rows = [
        Row(start, condition, cells[0].cell.tuned, tuple(cells), _own(cells, measured))
        for (start, condition), cells in groups.items()
    ]
    # An untuned model stands above what was made of it.
    order = list(dict.fromkeys(row.start for row in rows))
    rows.sort(key=lambda row: (order.index(row.start), row.tuned))
    return Rows(tuple(rows), tuple(gaps))


def _measured(cell: CellState) -> tuple[Measured, list[str]]:
    results: Results = read_results(cell.run)
    scores = results.scores or {}
    sides: list[Side] = [side for side in SIDES if isinstance(scores.get(side), dict)]
    read = {side: panels_of(results, side) for side in sides}
    main = BEFORE if not cell.tuned else AFTER
    panels, gaps = read.get(main, ({}, ["it has no scores"]))
    before = {} if not cell.tuned else read.get(BEFORE, ({}, []))[0]
    return Measured(cell, panels, before, results.tuning), gaps


def _own(cells: Sequence[Measured], measured: dict[str, Measured]) -> Panels:
    """The untuned model of a row: its own cell, else the untuned side of its first run."""
    if not cells[0].cell.tuned:
        return {}
    start = measured.get(cells[0].cell.own_start)
    return start.panels if start is not None else cells[0].before


def _start_axes(grid: GridState) -> list[str]:
    """The axes that tell the models apart: one label among all cells of each untuned one."""
    by_start: dict[str, list[CellState]] = {}
    for cell in grid.cells:
        if cell.own_start:
            by_start.setdefault(cell.own_start, []).append(cell)
    if not by_start:
        return [axis for axis in MODELS if axis in grid.axes]

    def tells(axis: str) -> bool:
        return all(len({c.axes.get(axis) for c in cells}) == 1 for cells in by_start.values())

    return [axis for axis in grid.axes if axis != SEED and tells(axis)]


def _names(cell: CellState, of_start: Sequence[str]) -> tuple[str, str]:
    start = ", ".join(cell.axes[axis] for axis in of_start if axis in cell.axes)
    start = start or cell.own_start or "the model"
    if cell.id != BETWEEN.join(cell.axes.values()):
        # A name of its own stands for fields of its own: it is no seed of another one.
        return start, cell.id
    if not cell.tuned:
        return start, UNTUNED
    others = [label for axis, label in cell.axes.items() if axis not in (SEED, *of_start)]
    return start, ", ".join(others) or "tuned"
