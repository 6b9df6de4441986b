"""`chemtune compare`: what may be claimed of runs against each other."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chemtune.cli import complete
from chemtune.cli.shared import AsJson, OutFolder, give_out

NAME = "compare"


def command(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Folders of runs (RUN:before for the untuned side), rows of a grid (GRID:ROW),"
            " folders of `evaluate --out`, or files of predictions (FILE:COLUMN). The others are"
            " compared with the first one.",
            autocompletion=complete.runs,
        ),
    ],
    every_measure: Annotated[
        bool, typer.Option("--every-measure", help="All measures of tasks, not the main ones.")
    ] = False,
    id_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of files: the question's id.")
    ] = None,
    key_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of files: the right label.")
    ] = None,
    column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of files: the answer given.")
    ] = None,
    as_json: AsJson = False,
    out: OutFolder = None,
) -> None:
    """Compare runs question by question, and say in one sentence what may be claimed."""
    from chemtune.experiment.compare_runs import compare

    result = compare(
        runs,
        every_measure=every_measure,
        id_column=id_column,
        key_column=key_column,
        column=column,
        out=out,
    )
    give_out(result, as_json, show)


def show(result: dict[str, Any]) -> None:
    """Show the comparisons and the claim to people."""
    from rich.console import Console

    from chemtune.experiment.run_table import print_runs

    print_runs(Console(highlight=False), result)
