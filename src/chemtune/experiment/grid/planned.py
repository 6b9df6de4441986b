"""A grid with all that must be known before its first cell runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from chemtune.dataset.build import build
from chemtune.dataset.plan import Plan
from chemtune.domains import find_domain
from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.experiment.grid.cell_run import CellWork
from chemtune.experiment.grid.folder import GridFolder
from chemtune.experiment.grid.identities import (
    cell_identity,
    data_identity,
    start_identity,
    tokens_identity,
)
from chemtune.files import write_json
from chemtune.models.identity import weights_identity
from chemtune.models.resolve import resolve_model
from chemtune.recipe.grid import Cell, Grid
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe

SAMPLE = "sample"
BUILT = "build.json"


def sample_recipes() -> dict[str, Path]:
    """Return the recipes that a grid can name: that of the embedded sample."""
    return {SAMPLE: find_domain("chemistry").folder / SAMPLE / "recipe.yaml"}


@dataclass(frozen=True)
class PlannedCell:
    """A cell and what decides its results.

    Attributes:
        cell: The cell; its recipe names the grid's journal and a precision.
        data: The identity of its data set.
        start: That of its model's answers before tuning.
        work: What its process is told.
    """

    cell: Cell
    data: str
    start: str
    work: CellWork

    @property
    def id(self) -> str:
        """The cell's id."""
        return self.cell.id


def plan_cells(
    grid: Grid, folder: GridFolder, choose_precision: Callable[[], str]
) -> list[PlannedCell]:
    """Find the models and files of all cells; those that are evaluated as they are come first.

    Args:
        grid: The grid.
        folder: Where it is kept.
        choose_precision: Measures the precision of cells that leave it to the machine; asked once,
            so that no two cells of a grid differ in it.

    Raises:
        InputError: Models or files that are not there, each told; or a name that the domain does
            not know.
    """
    weights = _weights(grid)
    precision = _Precision(folder.precision, choose_precision)
    data: dict[str, str] = {}
    planned = []
    for cell in grid.cells:
        recipe = _settled(cell.recipe, folder, precision)
        key = recipe.model_dump_json(exclude={"tuning", "model", "name", "run"})
        if key not in data:
            Plan.of(recipe)
            data[key] = data_identity(recipe)
        own = weights[recipe.model, recipe.folder]
        start = start_identity(recipe, data[key], own)
        placed = recipe.in_run_folder(folder.cell(cell.id))
        settled = Cell(cell.id, cell.axes, placed, cell.tuned)
        work = CellWork(
            placed,
            cell.tuned,
            cell_identity(settled, start),
            RunFolder(folder.data(data[key])).dataset,
            folder.start(start),
            folder.tokens(tokens_identity(recipe, data[key], own)),
        )
        planned.append(PlannedCell(settled, data[key], start, work))
    return sorted(planned, key=lambda one: one.cell.tuned)


def chosen_cells(cells: Sequence[PlannedCell], only: Sequence[str]) -> list[PlannedCell]:
    """Return the cells that one of the patterns names, by id or as `axis=label`; all without one.

    Raises:
        InputError: A pattern names no cell.
    """
    if not only:
        return list(cells)
    names = {one.id: [one.id, *(f"{a}={v}" for a, v in one.cell.axes.items())] for one in cells}

    def named(one: PlannedCell, pattern: str) -> bool:
        return any(fnmatchcase(name, pattern) for name in names[one.id])

    unmet = [pattern for pattern in only if not any(named(one, pattern) for one in cells)]
    if unmet:
        known = ", ".join(one.id for one in cells[:4])
        remedy = f"a pattern of ids such as {known}, or axis=label"
        raise InputError(
            *(Problem(f"no cell is called {p!r}", field="--only", remedy=remedy) for p in unmet)
        )
    return [one for one in cells if any(named(one, pattern) for pattern in only)]


def build_data(planned: PlannedCell, folder: GridFolder) -> dict[str, Any]:
    """Build the data set of a cell, where none of its identity is there; return what `build` did.

    Raises:
        ChemtuneError: As `build`; or not everything was asked, so that cells would differ in data.
    """
    place = folder.data(planned.data)
    known = built_data(planned, folder)
    if known is not None:
        return known
    built = build(planned.cell.recipe.in_run_folder(place))
    if built["stopped"]:
        raise ChemtuneError(f"the data set is not whole: {built['stopped']}")
    write_json(place / BUILT, built)
    return built


def built_data(planned: PlannedCell, folder: GridFolder) -> dict[str, Any] | None:
    """Return what `build` did for the data set of a cell, or None where it is not built."""
    path = folder.data(planned.data) / BUILT
    if not path.is_file():
        return None
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return known


class _Precision:
    """The precision of recipes that leave it to the machine; measured once for a grid's folder."""

    def __init__(self, path: Path, choose: Callable[[], str]) -> None:
        self.path, self.choose = path, choose

    def of(self, recipe: Recipe) -> str:
        if recipe.tuning.precision != "auto":
            return recipe.tuning.precision
        if not self.path.is_file():
            write_json(self.path, {"precision": self.choose()})
        return str(json.loads(self.path.read_text(encoding="utf-8"))["precision"])


def _settled(recipe: Recipe, folder: GridFolder, precision: _Precision) -> Recipe:
    """A recipe with what the cells of a grid have in common."""
    tuning = recipe.tuning.model_copy(update={"precision": precision.of(recipe)})
    journal = recipe.journal or str(folder.journal.resolve())
    settled = recipe.model_copy(update={"tuning": tuning, "journal": journal})
    settled._file = recipe._file
    return settled


def _weights(grid: Grid) -> Mapping[tuple[str, Path], str]:
    """The identity of each model's weights; all that are not there are told together."""
    found: dict[tuple[str, Path], str] = {}
    missing: list[Problem] = []
    looked_for = set[tuple[str, Path]]()
    for cell in grid.cells:
        key = cell.recipe.model, cell.recipe.folder
        if key in looked_for:
            continue
        looked_for.add(key)
        try:
            found[key] = weights_identity(resolve_model(*key).folder)
        except InputError as error:
            missing += [replace(problem, file=grid.path) for problem in error.problems]
    if missing:
        raise InputError(*missing)
    return found
