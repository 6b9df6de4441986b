"""`chemtune init`: a folder to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, give_out

NAME = "init"


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    preset: Annotated[
        str | None,
        typer.Option(
            help="own (your documents) or paper (the data of the paper).", show_default="own"
        ),
    ] = None,
    grid: Annotated[
        str | None,
        typer.Option(help="In the place of a recipe, a grid that ships: small, forgetting, ..."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a folder with a commented recipe, and the folders that it names."""
    from chemtune.experiment.begin import init

    give_out(init(folder, preset=preset, grid=grid), as_json, show)


def show(result: dict[str, Any]) -> None:
    """Say what to do next."""
    if "grid" in result:
        print(f"Wrote {result['grid']}. Its comments say what it needs. Now:")
        print(f"  1. chemtune experiment {result['grid']} --dry-run   (shows what it takes)")
        print(f"  2. chemtune experiment {result['grid']}")
        return
    print(f"Wrote {result['recipe']}. Now:")
    print(f"  1. put your documents into {result['documents']}")
    print("  2. name your teacher in the recipe")
    print(f"  3. chemtune build {result['recipe']} --dry-run   (shows what would be asked)")
    print(f"  4. chemtune run {result['recipe']}")
