"""`chemtune run`: build, tune, evaluate, report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chemtune.cli.build import show as show_build
from chemtune.cli.evaluate import show_run
from chemtune.cli.shared import AsJson, OutFolder, RecipePath, give_out, open_recipe
from chemtune.cli.tune import show as show_tune

NAME = "run"


def command(recipe: RecipePath, as_json: AsJson = False, out: OutFolder = None) -> None:
    """Build, tune, evaluate and report; goes on where it was stopped."""
    from chemtune.experiment.run import run

    give_out(run(open_recipe(recipe, out)), as_json, show)


def show(result: dict[str, Any]) -> None:
    """Show a run to people."""
    show_build(result["build"])
    show_tune(result["tune"])
    show_run(Path(result["run"]))
    print(f"Report: {result['report']['report']}  ({result['wall_s']:.0f} s in all)")
