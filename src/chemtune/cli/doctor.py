"""`chemtune doctor`: what is wrong with a set-up, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chemtune.cli import complete
from chemtune.cli.shared import AsJson, give_out

if TYPE_CHECKING:
    from rich.console import Console

NAME = "doctor"
STYLES = {"ok": "green", "note": "cyan", "warning": "yellow", "fault": "bold red"}
ORDER = tuple(STYLES)


def command(
    recipe: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RECIPE]",
            help="A recipe to look at too, or its folder.",
            autocompletion=complete.projects,
        ),
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the hub too, and fetch the data sets named.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find what is wrong with this machine or a recipe, before anything is spent."""
    from chemtune.experiment.doctor.chart import MACHINE
    from chemtune.experiment.doctor.doctor import doctor

    result = doctor(recipe, online=online)
    give_out(result, as_json, show)
    groups = {one["group"] for one in result["findings"] if one["level"] == "fault"}
    if groups:
        raise typer.Exit(1 if groups <= set(MACHINE) else 2)


def show(result: dict[str, Any]) -> None:
    """Show the findings to people: by group, and the faults at the end."""
    import sys

    from rich.console import Console

    # A terminal that cannot show a sign is one of the things to be told.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False, markup=False)
    findings = result["findings"]
    rest = [one for one in findings if one["level"] != "fault"]
    for group in dict.fromkeys(one["group"] for one in rest):
        of_group = [one for one in rest if one["group"] == group]
        _list(console, group, sorted(of_group, key=lambda one: ORDER.index(one["level"])))
    faults = [one for one in findings if one["level"] == "fault"]
    if faults:
        _list(console, "to mend", faults)
    console.print(_closing(result), soft_wrap=True)


def _list(console: Console, title: str, findings: Sequence[dict[str, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    from chemtune.wording.translate import translated

    title = translated(title)
    console.print(Text(title[0].upper() + title[1:], style="bold"))
    table = Table.grid(padding=(0, 1))
    for one in findings:
        word = translated(one["level"])
        level = Text(word, style=STYLES[one["level"]])
        said = f"{translated(one['about'])}: {translated(one['found'])}"
        remedy = f"-> {translated(one['remedy'])}" if one["remedy"] else ""
        if console.is_terminal:
            table.add_row("", level, Text(said + (f"\n{remedy}" if remedy else "")))
        else:
            # Whole lines, for whoever searches in them.
            print(f"  {word:8}{said}")
            if remedy:
                print(f"{'':10}{remedy}")
    if console.is_terminal:
        console.print(table)
    console.print()


def _closing(result: dict[str, Any]) -> str:
    faults, warnings = result["faults"], result["warnings"]
    said = f"{_count(faults, 'fault')}, {_count(warnings, 'warning')}."
    said = said[0].upper() + said[1:]
    if faults:
        return f"{said} Mend what stands above, then look again."
    if warnings:
        return f"{said} Nothing keeps you from going on; read the warnings first."
    return f"{said} Nothing keeps you from going on."


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
