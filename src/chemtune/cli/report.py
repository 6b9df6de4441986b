"""`chemtune report`: one HTML file about a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, give_out

NAME = "report"


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")],
    as_json: AsJson = False,
) -> None:
    """Write the report of a run: one HTML file that opens without network."""
    from chemtune.experiment.report import report

    give_out(report(run), as_json, show)


def show(result: dict[str, Any]) -> None:
    """Say where the report is."""
    print(f"Report: {result['report']}")
