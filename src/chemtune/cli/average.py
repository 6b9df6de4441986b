"""`chemtune average`: the mean of several tuned models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli import complete
from chemtune.cli.shared import AsJson, give_out

NAME = "average"


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Folders of runs, or their recipes.",
            autocompletion=complete.runs,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The new run's folder.")],
    weight: Annotated[
        list[float] | None,
        typer.Option(
            "--weight",
            help="Of each run, in their order; equal by default. Below 1 in all, the rest is the "
            "base model.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Average the adapters of runs, of several seeds say, into a new run."""
    from chemtune.experiment.average_runs import average

    give_out(average(runs, out, weights=weight), as_json, show)


def show(result: dict[str, Any]) -> None:
    """Show what the mean is made of, and what to do with it."""
    for part in result["parts"]:
        print(f"{part['weight']:g} of {part['run']}")
    print(f"Adapter of rank {result['rank']}: {result['run']}")
    print(f"Next: chemtune evaluate {result['run']}")
