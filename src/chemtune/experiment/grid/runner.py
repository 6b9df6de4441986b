"""An experiment: all cells of a grid, each once, going on where it was stopped."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chemtune.errors import ChemtuneError, InputError, Interrupted, Problem, nearest
from chemtune.experiment.grid.book import DONE, FAILED, OPEN, RUNNING, Book
from chemtune.experiment.grid.cell_run import done_cell
from chemtune.experiment.grid.engine import Engine, OneByOne
from chemtune.experiment.grid.folder import GridFolder
from chemtune.experiment.grid.planned import (
    PlannedCell,
    build_data,
    chosen_cells,
    plan_cells,
    sample_recipes,
)
from chemtune.files import held_alone, write_text
from chemtune.progress import say
from chemtune.recipe.grid import Grid, load_grid

ENGINES = ("local", "ray")
GRID = "grid.yaml"


def experiment(
    grid: Path | str,
    *,
    only: Sequence[str] = (),
    dry_run: bool = False,
    engine: str = "local",
    out: Path | str | None = None,
) -> dict[str, Any]:
    """Run the cells of a grid; those that are done are not done again.

    A cell that fails is noted with its error, and the others go on. What was started is taken up
    where its last checkpoint is.

    Args:
        grid: The grid's file.
        only: Patterns of the cells to run, by id or as `axis=label`; all by default.
        dry_run: Run none, and estimate the time and memory of each; see `estimate_cells`.
        engine: "local", one after another on this machine, or "ray", on a cluster.
        out: The folder; `runs/NAME` by default.

    Returns:
        `grid`, `out`, `cells` (the rows of `cells.json`), `done`, `failed`, `open` (their numbers),
        `warnings`, `wall_s`. With `dry_run` what `estimate_cells` returns.

    Raises:
        InputError: The grid, a recipe of it, or a model is not as it should be; nothing was run.
        Interrupted: Ctrl-C; what was done is kept.
        ChemtuneError: Another process runs this grid.
    """
    started = time.monotonic()
    read = load_grid(grid, sample_recipes())
    folder = GridFolder(Path(out) if out is not None else Path("runs") / read.name)
    for warning in read.warnings:
        say(f"{read.path}: {warning}")
    busy = f"{folder.path}: another process runs this grid; wait for it or end it"
    with held_alone(folder.path / ".grid.lock", busy):
        running = _engine(engine, read)
        cells = plan_cells(read, folder, running.choose_precision)
        wanted = chosen_cells(cells, only)
        if dry_run:
            from chemtune.experiment.grid.estimate import estimate_cells

            return estimate_cells(read, folder, wanted)
        book = _opened(read, folder, cells)
        _run(wanted, folder, book, running)
    return {
        "grid": read.name,
        "out": str(folder.path),
        "cells": list(book.rows.values()),
        "done": book.count(DONE),
        "failed": book.count(FAILED),
        "open": book.count(OPEN),
        "warnings": read.warnings,
        "wall_s": round(time.monotonic() - started, 1),
    }


# `chemtune.experiment` is the package of that name.
experiment_ = experiment


def _engine(name: str, grid: Grid) -> Engine:
    if name == "local":
        return OneByOne()
    if name == "ray":
        from chemtune.experiment.grid.ray_engine import RayEngine

        return RayEngine(grid.needs)
    remedy = nearest(name, list(ENGINES))
    raise InputError(Problem(f"no engine {name!r}", field="--engine", remedy=remedy))


def _opened(grid: Grid, folder: GridFolder, cells: Sequence[PlannedCell]) -> Book:
    """The book, with what is done in it; says what an earlier one has that this grid has not."""
    identities = {one.id: one.work.identity for one in cells}
    starts = {one.id: one.start for one in cells}
    book = Book(folder.cells, grid, identities, starts)
    for one in cells:
        result = done_cell(folder.cell(one.id), one.work.identity)
        if result is not None:
            book.note(one.id, DONE, result=result, write=False)
    book.write()
    # The report shows what was asked for, wherever the grid's own file goes.
    write_text(folder.path / GRID, grid.path.read_text(encoding="utf-8"))
    if book.count(DONE):
        say(f"{book.count(DONE)} of {len(cells)} cells are done already")
    if book.changed:
        say(f"Changed since they were done, and done again: {', '.join(book.changed)}")
    if book.gone:
        say(f"No longer in the grid, and left as they are: {', '.join(book.gone)}")
    return book


def _run(wanted: Sequence[PlannedCell], folder: GridFolder, book: Book, engine: Engine) -> None:
    left = [one for one in wanted if book.rows[one.id]["state"] != DONE]
    ready = _with_data(left, folder, book)
    position = {one.id: at for at, one in enumerate(ready, 1)}
    try:
        for event in engine.run(ready):
            name = event.cell.id
            if event.begun:
                say(f"Cell {position[name]} of {len(ready)}: {name}")
                book.note(name, RUNNING)
            elif event.why:
                say(f"Cell {name} failed: {event.why}")
                book.note(name, FAILED, event.why)
            else:
                book.note(name, DONE, result=event.result)
    except (Interrupted, KeyboardInterrupt) as error:
        for name, row in book.rows.items():
            if row["state"] == RUNNING:
                book.note(name, OPEN, "interrupted")
        raise Interrupted(
            f"interrupted: {book.count(DONE)} of {len(book.rows)} cells are done, and what was "
            f"begun is kept; run again to go on{_told(error)}"
        ) from None


def _told(error: BaseException) -> str:
    return f" ({error})" if str(error) not in ("", "interrupted") else ""


def _with_data(cells: Sequence[PlannedCell], folder: GridFolder, book: Book) -> list[PlannedCell]:
    """Build what is missing; return the cells that have their data, and note why others lack it."""
    failures: dict[str, str] = {}
    ready = []
    for one in cells:
        if one.data not in failures:
            try:
                build_data(one, folder)
                ready.append(one)
                continue
            except Interrupted:
                raise
            except ChemtuneError as error:
                failures[one.data] = str(error)
                say(f"The data set of {one.id} failed: {error}")
        book.note(one.id, FAILED, f"its data set: {failures[one.data]}")
    return ready
