"""A row of a grid, its seeds together, as one column of a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chemtune.errors import InputError, Problem, nearest
from chemtune.evaluation.scorecard import FAVOURITE_SHARE
from chemtune.experiment.card import LOSS
from chemtune.experiment.grid_report.cells import read_grid
from chemtune.experiment.grid_report.outcomes import ANSWERS, AVERAGE
from chemtune.experiment.grid_report.rows import Row, read_rows
from chemtune.experiment.measured_run import MeasuredRun, ScoredMeasure
from chemtune.experiment.run_comparison import RIGHT


def open_row(folder: Path, name: str) -> MeasuredRun:
    """Read a row of a grid: the mean over its seeds, example by example.

    Args:
        folder: The grid's folder.
        name: The row as the report names it, or what was done to the model alone where no other
            row's is called so: "all" of "gemma3-base + all".

    Raises:
        InputError: The folder is no grid's, or has no such row with a cell that is done.
    """
    read = read_rows(read_grid(folder))
    rows = read.rows
    found = [row for row in rows if name in (row.title, row.condition)]
    titles = [row.title for row in rows]
    if not name:
        remedy = f"GRID:ROW, of: {', '.join(titles)}"
        raise InputError(Problem("is a grid; name a row", folder, remedy=remedy))
    if not found:
        remedy = nearest(name, [*titles, *(row.condition for row in rows)])
        raise InputError(Problem(f"the grid has no row {name!r}", folder, remedy=remedy))
    if len(found) > 1:
        remedy = f"one of {', '.join(row.title for row in found)}"
        raise InputError(Problem(f"several rows are {name!r}", folder, remedy=remedy))
    (row,) = found
    count = len(row.cells)
    seeds = f" ({count} seeds)" if count > 1 else ""
    # A cell that cannot be read may be a seed of this row.
    gaps = (*_habits(row), *(f"{cell}: {why}" for cell, why in read.gaps))
    return MeasuredRun(f"{name}{seeds}", str(folder), tasks=dict(_measures(row)), gaps=gaps)


def _measures(row: Row) -> Iterator[tuple[tuple[str, str], ScoredMeasure]]:
    """The measures by title and name; a level of an exam is a set of its own."""
    for panel, columns in row.cells[0].panels.items():
        for title in columns:
            column = row.column(panel, title)
            # The mean of an exam's levels says nothing that they do not.
            if column is None or title == AVERAGE:
                continue
            scored = column.measure
            if panel == ANSWERS:
                yield (scored.title, LOSS), scored
            else:
                yield (scored.title, RIGHT if scored.title == title else title), scored


def _habits(row: Row) -> Iterator[str]:
    """What is said of the exams in which cells give one letter, whatever is asked."""
    for panel, columns in row.cells[0].panels.items():
        for title in columns:
            of_cells = [cell.panels.get(panel, {}).get(title) for cell in row.cells]
            given = [column.letters for column in of_cells if column and column.letters]
            one = sum(max(of.values()) > FAVOURITE_SHARE * sum(of.values()) for of in given)
            if one:
                yield f"{title}: {one} of {len(given)} cells give one letter, which is no knowledge"
