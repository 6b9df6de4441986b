"""The grid: one YAML file with a recipe and what is varied of it; its cells are recipes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from chemtune.errors import InputError, Problem, nearest
from chemtune.recipe.changes import Change, ChangedYaml, changed, changes_of
from chemtune.recipe.grid_file import GridFile, Needs, Single
from chemtune.recipe.grid_paths import from_grid
from chemtune.recipe.located import LocatedYaml, Location, shown
from chemtune.recipe.schema import Recipe

Label = str | int | float
LABEL = re.compile(r"-?\w[\w.-]*")
BETWEEN = "--"
# In a list the seeds are the tuning's: the data and the questions stay the same.
LISTED = {"seed": "tuning.seed"}


@dataclass(frozen=True)
class Cell:
    """One run of a grid.

    Attributes:
        id: Its name, and that of its folder.
        axes: The label of each axis that it has one of.
        recipe: What it runs.
        tuned: False for a model that is evaluated as it is.
    """

    id: str
    axes: dict[str, Label]
    recipe: Recipe
    tuned: bool

    @cached_property
    def content(self) -> str:
        """What decides its results, for telling equal cells."""
        exclude: dict[str, Any] = {"name": True, "run": True}
        if not self.tuned:
            exclude["tuning"] = set(type(self.recipe.tuning).model_fields) - {"precision"}
        return f"{self.tuned} {self.recipe.model_dump_json(exclude=exclude)}"


@dataclass(frozen=True)
class Grid:
    """A grid as read: its cells in order, and what is to be said about it."""

    name: str
    path: Path
    axes: dict[str, list[Label]]
    cells: list[Cell]
    needs: Needs
    warnings: list[str] = field(default_factory=list)


def load_grid(path: Path | str, recipes: Mapping[str, Path] | None = None) -> Grid:
    """Read and check a grid.

    An axis is a mapping from labels to the fields that each changes (null: no tuning, the model is
    evaluated as it is), or a list of values of the field that it is named after; `seed` so written
    is `tuning.seed`.

    Args:
        path: The file.
        recipes: Recipes that `base` can name.

    Raises:
        InputError: With all of its faults, each with file, line, field and value.
    """
    file = LocatedYaml(Path(path))
    written: GridFile = file.read_as(GridFile)
    base, home = _base(file, written, recipes or {})
    if written.set:
        base = _changed_base(file, written, base, home)
    axes = _Axes(file, written, home)
    return _Cells(file, written, base, home, axes).grid(axes.faults(base))


def _base(
    file: LocatedYaml, written: GridFile, recipes: Mapping[str, Path]
) -> tuple[dict[str, Any], Path]:
    """The recipe's data, and the file that its paths are relative to; it is checked alone."""
    if (written.base is None) == (written.recipe is None):
        said = "neither is given" if written.base is None else "both are given"
        raise InputError(file.problem((), f"either base or recipe is needed, and {said}"))
    if written.recipe is not None:
        ChangedYaml(file, written.recipe, [], ("recipe",)).read_as(Recipe)
        return written.recipe, file.path.resolve()
    named = str(written.base)
    found = file.path.parent / named
    if not found.exists() and named in recipes:
        found = recipes[named]
    if found.is_dir():
        found = found / "recipe.yaml"
    if not found.is_file():
        remedy = f"a path relative to {file.path.parent}, or one of: {', '.join(recipes)}"
        raise InputError(file.problem(("base",), f"there is no recipe {named!r}", remedy))
    recipe = LocatedYaml(found)
    recipe.read_as(Recipe)
    data: dict[str, Any] = recipe.data
    return data, found.resolve()


def _changed_base(
    file: LocatedYaml, written: GridFile, base: dict[str, Any], home: Path
) -> dict[str, Any]:
    changes = from_grid(changes_of(written.set, ("set",)), file.path.parent, home.parent)
    faults = _faults(file, base, changes, ("set",))
    if faults:
        raise InputError(*faults)
    return changed(base, changes)


class _Axes:
    """The axes with the changes of each label; None is no tuning."""

    def __init__(self, file: LocatedYaml, written: GridFile, home: Path) -> None:
        self.file = file
        self.changes: dict[str, dict[Label, list[Change] | None]] = {}
        problems: list[Problem] = []
        for name, values in written.axes.items():
            place = ("axes", name)
            if isinstance(values, list) and values:
                values = {_listed(v): {LISTED.get(name, name): v} for v in values}
                of_value = {label: [*changes_of(f, place)] for label, f in values.items()}
                # Of a list the value itself is the place.
                of_value = {
                    label: [Change(c.path, (*place, at), c.value) for c in changes]
                    for at, (label, changes) in enumerate(of_value.items())
                }
                self.changes[name] = dict(of_value)
            elif isinstance(values, dict) and values:
                self.changes[name] = {}
                for label, fields in values.items():
                    at = (*place, str(label))
                    if fields is not None and not isinstance(fields, dict):
                        message = f"{shown(fields)}: recipe fields are needed, or null"
                        problems.append(file.problem(at, message, "for example {model: NAME}"))
                        continue
                    of_label = None if fields is None else changes_of(fields, at)
                    self.changes[name][label] = of_label
            else:
                message = f"{shown(values)}: labelled values are needed, or a list"
                problems.append(file.problem(place, message, "for example [0, 1, 2]"))
        problems += [
            file.problem(("axes", name, str(label)), f"{shown(label)} cannot be a label", remedy)
            for name, values in self.changes.items()
            for label in values
            if (remedy := _label_remedy(label)) is not None
        ]
        if problems:
            raise InputError(*problems)
        for values in self.changes.values():
            for label, changes in values.items():
                if changes is not None:
                    values[label] = from_grid(changes, file.path.parent, home.parent)

    @property
    def labels(self) -> dict[str, list[Label]]:
        """The labels of each axis, in order."""
        return {name: list(values) for name, values in self.changes.items()}

    def faults(self, base: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with each value alone; and axes that set the same field."""
        problems: list[Problem] = []
        for name, values in self.changes.items():
            for label, changes in values.items():
                at = ("axes", name, str(label))
                problems += _faults(self.file, base, changes or [], at)
        return [*problems, *self._meeting()]

    def _meeting(self) -> Iterator[Problem]:
        of_axis = {
            name: [c for changes in values.values() for c in changes or []]
            for name, values in self.changes.items()
        }
        names = list(of_axis)
        for at, name in enumerate(names):
            for other in names[:at]:
                met = next((c for c in of_axis[name] for o in of_axis[other] if c.meets(o)), None)
                if met is not None:
                    yield self.file.problem(met.place, f"the axis {other!r} sets this field too")

    def beside_tuning(self, name: str) -> bool:
        """Whether an axis changes nothing that a model without tuning shows."""
        every = [c for changes in self.changes[name].values() for c in changes or []]
        shows = ("tuning", "precision")
        return all(c.path[0] == "tuning" and c.path[:2] != shows for c in every)


class _Cells:
    """The cells of a grid."""

    def __init__(
        self, file: LocatedYaml, written: GridFile, base: dict[str, Any], home: Path, axes: _Axes
    ) -> None:
        self.file, self.written, self.base, self.home, self.axes = file, written, base, home, axes
        self.warnings: list[str] = []
        self.contents: dict[str, str] = {}
        self.problems: list[Problem] = []

    def grid(self, faults: list[Problem]) -> Grid:
        """Return the grid; every fault of its cells is told, with `faults` of its axes."""
        self.problems += faults
        excluded = [self._chosen(("exclude", at), e) for at, e in enumerate(self.written.exclude)]
        if self.problems:
            raise InputError(*sorted(self.problems, key=lambda problem: problem.line or 0))
        self._leave_out_idle()
        used = [0] * len(excluded)
        cells: dict[str, Cell] = {}
        for labels in product(*self.axes.labels.values()):
            of_axis = dict(zip(self.axes.labels, labels, strict=True))
            hits = [at for at, one in enumerate(excluded) if one and _matches(of_axis, one)]
            for at in hits:
                used[at] += 1
            if hits:
                continue
            cell = self._cell(of_axis, [], None, ("axes",))
            if cell is not None and not (
                # A model without tuning is the same whatever the tuning would have been.
                cell.id in cells and not cell.tuned and cells[cell.id].content == cell.content
            ):
                self._add(cells, cell, ("axes",))
        self.warnings += [
            f"exclude[{at}] leaves nothing out" for at, count in enumerate(used) if not count
        ]
        for at, single in enumerate(self.written.include):
            self._include(cells, single, ("include", at))
        if not cells and not self.problems:
            self.problems.append(self.file.problem(("exclude",), "no cell is left"))
        if self.problems:
            raise InputError(*self.problems)
        if len(cells) == 1:
            self.warnings.append(f"the grid has one cell alone: {next(iter(cells))}")
        return Grid(
            self.written.name,
            self.file.path,
            self.axes.labels,
            list(cells.values()),
            self.written.needs,
            self.warnings,
        )

    def _leave_out_idle(self) -> None:
        """Warn of axes whose values leave the recipe as it is; the first label stands for all."""
        plain = self._made([], ("axes",))
        for name, values in list(self.axes.changes.items()):
            made = [
                None if changes is None else self._made(changes, ("axes", name))
                for changes in values.values()
            ]
            if None not in made and all(recipe == plain for recipe in made):
                self.warnings.append(
                    f"the axis {name!r} changes nothing: its values are those of the recipe"
                )
                first = next(iter(values))
                self.axes.changes[name] = {first: values[first]}

    def _made(self, changes: list[Change], at: Location) -> Recipe:
        recipe: Recipe = ChangedYaml(self.file, self.base, changes, at).read_as(Recipe)
        return recipe

    def _cell(
        self, of_axis: dict[str, Label], own: list[Change], name: str | None, at: Location
    ) -> Cell | None:
        """The cell of these labels; None where its recipe is at fault, which is noted."""
        values = {axis: self.axes.changes[axis][label] for axis, label in of_axis.items()}
        tuned = None not in values.values()
        if not tuned:
            of_axis = {
                axis: label
                for axis, label in of_axis.items()
                if values[axis] is None or not self.axes.beside_tuning(axis)
            }
        changes = [c for axis in of_axis for c in values[axis] or []] + own
        given = name or BETWEEN.join(str(label) for label in of_axis.values())
        faults = _faults(self.file, self.base, changes, at)
        if faults or not given:
            noted = [Problem(f"cell {given}: {p.message}", p.file, p.line, p.field) for p in faults]
            self.problems += noted or [self.file.problem(at, "a cell without axes needs a name")]
            return None
        recipe = self._made(changes, at).model_copy(update={"name": given})
        recipe._file = self.home
        return Cell(given, of_axis, recipe, tuned)

    def _include(self, cells: dict[str, Cell], single: Single, at: Location) -> None:
        labels = self._chosen((*at, "axes"), single.axes)
        if labels is None:
            return
        several = [axis for axis, of_axis in labels.items() if len(of_axis) > 1]
        if several:
            self.problems.append(
                self.file.problem((*at, "axes", several[0]), "one label is needed")
            )
            return
        own = changes_of(single.set, (*at, "set"))
        own = from_grid(own, self.file.path.parent, self.home.parent)
        if own and single.name is None:
            self.problems.append(
                self.file.problem(at, "a cell with fields of its own needs a name")
            )
            return
        cell = self._cell({axis: one[0] for axis, one in labels.items()}, own, single.name, at)
        if cell is not None:
            self._add(cells, cell, at)

    def _add(self, cells: dict[str, Cell], cell: Cell, at: Location) -> None:
        other = self.contents.setdefault(cell.content, cell.id)
        if other != cell.id:
            message = f"the cells {other} and {cell.id} are equal"
            remedy = "leave one out, or change what its values set"
            self.problems.append(self.file.problem(at, message, remedy))
        elif cell.id in cells:
            message = f"two cells are called {cell.id}"
            self.problems.append(self.file.problem(at, message, "name one of them"))
        else:
            cells[cell.id] = cell

    def _chosen(self, at: Location, named: Mapping[str, Any]) -> dict[str, list[Label]] | None:
        """The labels that an entry names by axis; None where one is not known, which is noted."""
        before = len(self.problems)
        labels = self.axes.labels
        for axis, label in named.items():
            if axis not in labels:
                remedy = nearest(str(axis), list(labels))
                self.problems.append(self.file.problem((*at, axis), "no such axis", remedy))
                continue
            for one in label if isinstance(label, list) else [label]:
                if one not in labels[axis]:
                    remedy = nearest(str(one), [str(known) for known in labels[axis]])
                    message = f"the axis has no value {shown(one)}"
                    self.problems.append(self.file.problem((*at, axis), message, remedy))
        if len(self.problems) > before:
            return None
        return {axis: v if isinstance(v, list) else [v] for axis, v in named.items()}


def _matches(of_axis: Mapping[str, Label], chosen: Mapping[str, list[Label]]) -> bool:
    return all(of_axis[axis] in labels for axis, labels in chosen.items())


def _faults(
    file: LocatedYaml, base: Mapping[str, Any], changes: list[Change], at: Location
) -> list[Problem]:
    """What is wrong with a recipe after changes."""
    try:
        ChangedYaml(file, base, changes, at).read_as(Recipe)
    except LookupError as error:
        change: Change = error.args[0]
        return [file.problem(change.place, "the recipe's list is not that long")]
    except InputError as error:
        return error.problems
    return []


def _listed(value: Any) -> Any:
    """The label of a value in a list."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str | int | float) else shown(value)


def _label_remedy(label: Any) -> str | None:
    """Why a label is none, in other words what to write; None where it is one."""
    if isinstance(label, bool):
        return "YAML reads it as true or false: write another word, or quotes around it"
    if BETWEEN in str(label) or not LABEL.fullmatch(str(label)):
        return "letters, digits, '.', '_' and single '-'; a list's values may need labels"
    return None
