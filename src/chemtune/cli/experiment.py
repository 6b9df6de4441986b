"""`chemtune experiment`: a grid of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, OutFolder, give_out
from chemtune.wording.translate import translated, worded

NAME = "experiment"


def command(
    grid: Annotated[Path, typer.Argument(metavar="GRID", help="The grid's YAML file.")],
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN", help="Only these cells, by id or as axis=label; may be repeated."
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Run no cell; measure a little and tell each one's time and memory."
        ),
    ] = False,
    engine: Annotated[
        str, typer.Option(metavar="local|ray", help="One after another here, or on a Ray cluster.")
    ] = "local",
    as_json: AsJson = False,
    out: OutFolder = None,
) -> None:
    """Run a grid of recipes, each cell once; goes on where it was stopped."""
    from chemtune.experiment.grid.runner import experiment

    result = experiment(grid, only=only or (), dry_run=dry_run, engine=engine, out=out)
    give_out(result, as_json, show_estimate if dry_run else show)
    if result.get("failed"):
        raise typer.Exit(1)


def show(result: dict[str, Any]) -> None:
    """Show what has become of the cells to people."""
    from rich.console import Console
    from rich.table import Table

    heads = worded("cell"), worded("state"), worded("time"), worded("memory")
    table = Table(*heads, worded("tokens learned from"), box=None, pad_edge=False)
    for cell in result["cells"]:
        table.add_row(
            cell["id"],
            worded(cell["state"]),
            _time(cell["wall_s"]),
            _memory(cell["peak_memory_bytes"]),
            "" if cell["tokens"] is None else f"{cell['tokens']}",
        )
    console = Console(highlight=False, markup=False)
    console.print(table)
    for cell in result["cells"]:
        if cell["state"] == "failed":
            failed = worded("{} failed: {}", cell["id"], translated(cell["why"]))
            console.print(failed, soft_wrap=True)
    console.print(
        f"{result['done']} of {len(result['cells'])} cells are done, {result['failed']} failed, "
        f"{result['open']} are open: {result['out']}/cells.json",
        soft_wrap=True,
    )


def show_estimate(result: dict[str, Any]) -> None:
    """Show what the cells would take to people."""
    from rich.console import Console
    from rich.table import Table

    heads = worded("cell"), worded("state"), worded("time"), worded("of it tuning")
    table = Table(*heads, worded("memory"), worded("by"), box=None, pad_edge=False)
    for cell in result["cells"]:
        table.add_row(
            cell["id"],
            worded(cell["state"]),
            _time(cell["wall_s"]),
            _time(cell["seconds"].get("tune")),
            _memory(cell["memory_bytes"]),
            worded(cell["by"]),
        )
    console = Console(highlight=False, markup=False)
    console.print(table)
    for cell in result["cells"]:
        if cell["why"]:
            console.print(f"{cell['id']}: no estimate: {cell['why']}", soft_wrap=True)
    left = sum(cell["state"] != "done" for cell in result["cells"])
    time, memory = _time(result["wall_s"]), _memory(result["memory_bytes"])
    left_of_all = worded(
        "{} of {} cells are left: {} one after another, and {} at the most",
        *(left, len(result["cells"]), time, memory),
    )
    console.print(left_of_all, soft_wrap=True)


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return worded("{} h {} min", hours, f"{minutes:02}")
    return worded("{} min {} s", minutes, f"{left:02}")


def _memory(number: int | None) -> str:
    return "" if number is None else f"{number / 2**30:.1f} GiB"
