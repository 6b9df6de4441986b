"""Everything to repeat a grid: one recipe whole, what the other cells change of it, identities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chemtune.errors import InputError
from chemtune.experiment.grid_report.cells import GridState
from chemtune.experiment.report import without_passwords
from chemtune.experiment.results import Results, read_results

GRID = "grid.yaml"
# They tell where a cell is kept, not what it does.
PLACES = {"name", "run", "journal"}


@dataclass(frozen=True)
class CellRecipe:
    """What decides a cell.

    Attributes:
        cell: Its id.
        changes: The fields that differ from the first cell's recipe, with their values as text.
        identities: Hashes of its weights and of its tuning, by name.
    """

    cell: str
    changes: tuple[tuple[str, str], ...]
    identities: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Repeat:
    """All cells that are done.

    Attributes:
        grid: The grid's own file, "" where its folder does not hold it.
        recipe: The first cell's recipe as it stands in its file.
        cells: Each cell with its changes.
        versions: Of Python and the libraries, each with the cells that had it where they differ.
    """

    grid: str
    recipe: str
    cells: tuple[CellRecipe, ...]
    versions: tuple[tuple[str, str], ...]


def repeat_of(grid: GridState) -> Repeat | None:
    """Return what repeats a grid; None where no cell is done. Unreadable cells are passed over."""
    first: Results | None = None
    fields: dict[str, str] = {}
    cells: list[CellRecipe] = []
    versions: dict[str, dict[str, list[str]]] = {}
    for cell in grid.done:
        try:
            results = read_results(cell.run)
        except InputError:
            continue
        own = dict(_flat(results.recipe.model_dump(mode="json", exclude=PLACES)))
        if first is None:
            first, fields = results, own
        names = list(dict.fromkeys([*fields, *own]))
        changes = tuple(
            (name, without_passwords(own.get(name, "not set")))
            for name in names
            if own.get(name) != fields.get(name)
        )
        cells.append(CellRecipe(cell.id, changes, tuple(_identities(results))))
        for name, version in results.versions.items():
            versions.setdefault(name, {}).setdefault(version, []).append(cell.id)
    if first is None:
        return None
    file = grid.folder / GRID
    return Repeat(
        grid=without_passwords(file.read_text(encoding="utf-8")) if file.is_file() else "",
        recipe=without_passwords(first.recipe_text),
        cells=tuple(cells),
        versions=tuple(_versions(versions)),
    )


def _flat(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """The fields of nested data as (dotted name, value as text)."""
    if isinstance(value, Mapping) and value:
        for name, of in value.items():
            yield from _flat(of, f"{at}.{name}" if at else str(name))
    elif isinstance(value, list) and value:
        for number, of in enumerate(value):
            yield from _flat(of, f"{at}[{number}]")
    else:
        yield at, str(value)


def _identities(results: Results) -> Iterator[tuple[str, str]]:
    scores = results.scores or {}
    side = "after" if scores.get("after") else "before"
    if scores.get(side):
        yield "weights", scores[side]["identity"]
        yield "precision", scores[side]["precision"]
    if results.tuning:
        yield "tuning", results.tuning["identity"]


def _versions(found: Mapping[str, Mapping[str, list[str]]]) -> Iterator[tuple[str, str]]:
    for name, of_name in found.items():
        if len(of_name) == 1:
            yield name, next(iter(of_name))
        else:
            yield name, "; ".join(f"{v} ({', '.join(cells)})" for v, cells in of_name.items())
