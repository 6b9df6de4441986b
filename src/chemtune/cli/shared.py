"""What all commands share: the options that they have in common, and how a result is given out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chemtune.cli import complete
from chemtune.progress import speaks
from chemtune.wording.locale import language

if TYPE_CHECKING:
    from chemtune.recipe.schema import Recipe

RecipePath = Annotated[
    Path,
    typer.Argument(
        metavar="RECIPE",
        help="The recipe, or the folder that holds recipe.yaml.",
        autocompletion=complete.projects,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as one JSON object, and nothing else.")
]
OutFolder = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Where the results are kept.")
]
RunPath = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="The run's folder, or its recipe.", autocompletion=complete.runs
    ),
]
Untuned = Annotated[bool, typer.Option("--untuned", help="Take the model as it was before tuning.")]


def open_recipe(path: Path, out: Path | None) -> Recipe:
    """Read a recipe; with `out`, its run is kept there."""
    from chemtune.recipe.load import load_recipe

    recipe = load_recipe(path)
    return recipe if out is None else recipe.in_run_folder(out)


def give_out(result: dict[str, Any], as_json: bool, show: Callable[[dict[str, Any]], None]) -> None:
    """Print a result: as one JSON object, or as `show` shows it, in the user's language."""
    if not speaks():
        return
    if as_json:
        print(json.dumps(result, ensure_ascii=False, default=str))
    elif language() == "en":
        show(result)
    else:
        from chemtune.cli.korean import results_in_korean

        with results_in_korean():
            show(result)
