"""The tables of a grid as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chemtune.experiment.grid_report.legend import legend
from chemtune.experiment.grid_report.tables import GridTable, TableCell

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+|~$])")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def as_markdown(name: str, state: str, tables: Sequence[GridTable]) -> str:
    """Return the tables with a heading each and the legend.

    Args:
        name: The grid's name.
        state: How many cells are done, in a sentence.
        tables: The tables.
    """
    parts = [f"# {escaped(name)}\n\n{escaped(state)}\n"]
    parts += [_table(table) for table in tables]
    parts.append("".join(f"- {escaped(sign)}: {escaped(what)}\n" for sign, what in legend(tables)))
    return "\n".join(parts)


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    marked = SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return "".join(ENTITIES.get(character, character) for character in marked)


def _table(table: GridTable) -> str:
    heads = ["", *(escaped(column) for column in table.columns)]
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---|' * len(table.columns)}"]
    for title, cells in table.rows:
        lines.append(f"| {' | '.join([escaped(title), *map(_cell, cells)])} |")
    heading = f"## {escaped(table.panel)}: {escaped(table.title)}"
    return heading + "\n\n" + "\n".join(lines) + "\n"


def _cell(cell: TableCell | None) -> str:
    if cell is None:
        return "-"
    parts = [f"**{escaped(cell.number)}**", escaped(cell.figure.bounds), cell.marks]
    if cell.permuted is not None:
        parts.append(f"all orders {cell.permuted.value:.3f}")
    return " ".join(part for part in parts if part)
