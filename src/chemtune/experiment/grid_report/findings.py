"""What of a grid may be claimed, in sentences."""

from __future__ import annotations

from chemtune.experiment.claim import p_value
from chemtune.experiment.grid_report.tables import GridTable, TableCell, Tables


def findings(tables: Tables) -> list[str]:
    """Return what holds, a sentence each: of each panel, in the table that has all its rows."""
    found = []
    for panel in tables.rows.panels:
        if not tables.of_panel(panel):
            continue
        table = tables.side_by_side(panel)
        for at, column in enumerate(table.columns):
            for title, cells in table.rows:
                cell = cells[at]
                if cell is not None and cell.start is not None and cell.start.holds:
                    found.append(f"{title} is {_way(cell)} in {_outcome(table, column)}.")
    return found


def _way(cell: TableCell) -> str:
    assert cell.start is not None
    higher = cell.start.difference > 0
    word = "better" if higher == (cell.better == "higher") else "worse"
    low, high = cell.start.interval
    said = f"{cell.start.difference:+.3f} [{low:+.3f}, {high:+.3f}], p {p_value(cell.start.p_holm)}"
    return f"{word} than its own start ({said})"


def _outcome(table: GridTable, column: str) -> str:
    return f"{table.panel}: {column}"
