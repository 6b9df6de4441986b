"""The report of a grid, from what its folder holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from chemtune.experiment.grid_report.cells import DONE, GridState, read_grid
from chemtune.experiment.grid_report.findings import findings
from chemtune.experiment.grid_report.latex import as_latex
from chemtune.experiment.grid_report.markdown import as_markdown
from chemtune.experiment.grid_report.rows import Rows, read_rows
from chemtune.experiment.grid_report.tables import GridTable, Tables
from chemtune.files import write_text

Format = Literal["html", "markdown", "latex"]
FILES: dict[Format, str] = {"html": "report.html", "markdown": "tables.md", "latex": "tables.tex"}
WRITERS: dict[Format, Callable[[str, str, Sequence[GridTable]], str]] = {
    "markdown": as_markdown,
    "latex": as_latex,
}


def report_grid(folder: Path, form: Format = "html") -> dict[str, Any]:
    """Write the report of a grid: a page, or its tables alone for a paper.

    A grid that is not finished is reported as far as it is. A cell that cannot be read is told of,
    and the others stand.

    Args:
        folder: The grid's folder, with `cells.json`.
        form: "html" writes `report.html`, "markdown" `tables.md`, "latex" `tables.tex`, all in the
            grid's folder.

    Returns:
        `report` (the file), `grid` (the folder), `cells` (count by state), `tables` and
        `significant` (differences to the own start that hold).

    Raises:
        InputError: The folder is no grid's, or `cells.json` is damaged.
    """
    grid = read_grid(folder)
    rows = read_rows(grid)
    tables = Tables(rows)
    path = folder / FILES[form]
    write_text(path, _text(form, grid, rows, tables))
    return {
        "report": str(path),
        "grid": str(folder),
        "cells": dict(Counter(cell.state for cell in grid.cells)),
        "tables": len(tables.all),
        "significant": sum(one.count for one in findings(tables)),
    }


def state_of(grid: GridState) -> str:
    """Return how far a grid is, in a sentence: "12 of 24 cells are done, 1 failed, 11 open."."""
    counts = Counter(cell.state for cell in grid.cells)
    done = f"{counts.pop(DONE, 0)} of {len(grid.cells)} cells are done"
    return ", ".join([done, *(f"{count} {state}" for state, count in counts.items())]) + "."


def _text(form: Format, grid: GridState, rows: Rows, tables: Tables) -> str:
    if form == "html":
        from chemtune.experiment.grid_report.page import grid_page

        return grid_page(grid, rows, tables, state_of(grid))
    return WRITERS[form](grid.name, state_of(grid), tables.all)
