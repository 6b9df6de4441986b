"""`chemtune report`: one HTML file about a run or a grid, or a grid's tables for a paper."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli import complete
from chemtune.cli.shared import AsJson, give_out

NAME = "report"


class Form(StrEnum):
    """What is written."""

    html = "html"
    markdown = "markdown"
    latex = "latex"


def command(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="The folder of a run, its recipe, or the folder of a grid.",
            autocompletion=complete.runs,
        ),
    ] = None,
    form: Annotated[
        Form,
        typer.Option(
            "--format", help="Of a grid: the whole page, or its tables as Markdown or LaTeX."
        ),
    ] = Form.html,
    published: Annotated[
        bool,
        typer.Option(
            "--published", help="Print what the paper's own figures can support, as Markdown."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the report of a run or a grid: one HTML file that opens without network."""
    from chemtune.errors import InputError, Problem

    if published:
        _print_published(folder, as_json=as_json)
        return
    if folder is None:
        remedy = "give the folder of a run or a grid, or --published"
        raise InputError(Problem("there is nothing to report on", field="FOLDER", remedy=remedy))
    from chemtune.experiment.report import report

    give_out(report(folder, form.value), as_json, show)


def show(result: dict[str, Any]) -> None:
    """Say where the report is, and how far a grid is."""
    if "cells" in result:
        counts = ", ".join(f"{count} {state}" for state, count in result["cells"].items())
        print(f"Cells: {counts}. Differences to the own start that hold: {result['significant']}.")
    print(f"Report: {result['report']}")


def _print_published(folder: Path | None, *, as_json: bool) -> None:
    from chemtune.errors import InputError, Problem
    from chemtune.experiment.published.page import published_page

    if folder is not None:
        message = "--published is about the paper's figures alone"
        remedy = "leave the folder out; a grid's report shows them beside its own"
        raise InputError(Problem(message, folder, remedy=remedy))
    page = published_page()
    give_out({"page": page}, as_json, lambda result: print(result["page"], end=""))
