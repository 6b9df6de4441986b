"""The tables of a grid as LaTeX for a paper, with booktabs."""

from __future__ import annotations

from collections.abc import Sequence

from chemtune.experiment.grid_report.legend import ORDERS, legend
from chemtune.experiment.grid_report.tables import (
    BETTER,
    NO_BETTER_THAN_ONE_LETTER,
    WORSE,
    GridTable,
    TableCell,
)

HEAD = """\
% Tables of a grid. In the preamble: \\usepackage{booktabs} and \\usepackage{amssymb}; Korean names
% need XeLaTeX or LuaLaTeX with a Korean font (\\usepackage{kotex}).
"""
SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    # At a row's beginning a bracket would be read as an option.
    "[": "{[}",
    "]": "{]}",
}
SIGNS = {
    BETTER: r"$\blacktriangle$",
    WORSE: r"$\blacktriangledown$",
    NO_BETTER_THAN_ONE_LETTER: r"$\circ$",
    ORDERS: "in parentheses",
}


def as_latex(name: str, state: str, tables: Sequence[GridTable]) -> str:
    """Return the tables as floats, each with the legend of its signs below it.

    Args:
        name: The grid's name.
        state: How many cells are done, in a sentence.
        tables: The tables.
    """
    return "\n".join([HEAD, *(_table(name, state, table) for table in tables)])


def escaped(text: str) -> str:
    """Return a text that LaTeX sets as it is, on one line."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    marked = "".join(SPECIAL.get(character, character) for character in " ".join(shown.split()))
    # Two hyphens would be set as a dash.
    return marked.replace("--", "-{}-").replace("--", "-{}-")


def _table(name: str, state: str, table: GridTable) -> str:
    heads = " & ".join(["", *(escaped(column) for column in table.columns)])
    rows = [
        " & ".join([escaped(title), *map(_cell, cells)]) + r" \\" for title, cells in table.rows
    ]
    said = "; ".join(f"{SIGNS.get(sign, escaped(sign))}: {escaped(w)}" for sign, w in
                     legend([table]))  # fmt: skip
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering\small",
            rf"\caption{{{escaped(f'{name}, {table.panel}: {table.title}. {state}')}}}",
            rf"\begin{{tabular}}{{l{'l' * len(table.columns)}}}",
            r"\toprule",
            heads + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            rf"\par\smallskip\footnotesize {said}",
            r"\end{table}",
            "",
        ]
    )


def _cell(cell: TableCell | None) -> str:
    if cell is None:
        return "--"
    parts = [escaped(cell.number), escaped(cell.figure.bounds)]
    parts += [SIGNS[mark] for mark in cell.marks]
    if cell.permuted is not None:
        parts.append(f"({cell.permuted.value:.3f})")
    return " ".join(parts)
