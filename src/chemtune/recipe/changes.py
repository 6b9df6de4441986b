"""Changes of a recipe's fields, as a grid writes them: dotted or nested, each with its place."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from chemtune.errors import Problem
from chemtune.recipe.located import LocatedYaml, Location
from chemtune.recipe.schema import Recipe


@dataclass(frozen=True)
class Change:
    """One field of a recipe and the value that it gets.

    Attributes:
        path: The field in the recipe: ("tuning", "lora", "rank").
        place: Where the change stands in its file.
        value: Takes the place of what was there, whole.
    """

    path: Location
    place: Location
    value: Any

    def meets(self, other: Change) -> bool:
        """Whether both set the same field, or one a part of the other's."""
        common = min(len(self.path), len(other.path))
        return self.path[:common] == other.path[:common]


def changes_of(fields: Mapping[str, Any], place: Location) -> list[Change]:
    """Return the changes that `fields` writes, which stands at `place` of its file.

    A dotted name is a path, in which a number counts from 0: `documents.0.limit`. Mappings below a
    section of settings (`tuning`, `tuning.lora`, `evaluation`) change single fields of it; all else
    is replaced whole.
    """
    return list(_flat(fields, (), place))


def changed(base: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """Return the data of a recipe with the changes made.

    Raises:
        LookupError: Holds the Change whose path counts beyond a list.
    """
    data: dict[str, Any] = copy.deepcopy(dict(base))
    for change in changes:
        at: Any = data
        for part in change.path[:-1]:
            at = _below(at, part, change)
        last = change.path[-1]
        if isinstance(at, list) and not (isinstance(last, int) and last < len(at)):
            raise LookupError(change)
        at[last] = copy.deepcopy(change.value)
    return data


class ChangedYaml(LocatedYaml):
    """A recipe's data after changes, whose faults are told where the change stands."""

    def __init__(
        self, file: LocatedYaml, base: Mapping[str, Any], changes: Sequence[Change], at: Location
    ) -> None:
        """Make `changes`, which stand in `file`, on the data `base`; other faults stand `at`.

        Raises:
            LookupError: See `changed`.
        """
        self.path, self.root = file.path, file.root
        self.changes, self.at = changes, at
        self.data = changed(base, changes)

    def problem(self, location: Location, message: str, remedy: str | None = None) -> Problem:
        """Return a Problem that points at the change that is to blame for the recipe's field."""
        for change in self.changes:
            common = min(len(change.path), len(location))
            if change.path[:common] == location[:common]:
                place = (*change.place, *location[common:])
                return super().problem(place, message, remedy)
        return super().problem((*self.at, *location), message, remedy)


def _below(at: Any, part: int | str, change: Change) -> Any:
    """What stands at `part`; a section that is not there is begun."""
    if isinstance(at, list):
        if not isinstance(part, int) or part >= len(at):
            raise LookupError(change)
        return at[part]
    found = at.get(part)
    if not isinstance(found, dict | list):
        found = at[part] = {}
    return found


def _flat(fields: Mapping[str, Any], path: Location, place: Location) -> Iterator[Change]:
    for name, value in fields.items():
        parts = tuple(int(part) if part.isdigit() else part for part in str(name).split("."))
        below, there = (*path, *parts), (*place, str(name))
        if isinstance(value, Mapping) and value and _is_section(below):
            yield from _flat(value, below, there)
        else:
            yield Change(below, there, value)


def _is_section(path: Location) -> bool:
    """Whether a recipe has settings there that all have defaults, and so can be set one by one."""
    model: type[BaseModel] = Recipe
    for part in path:
        field = model.model_fields.get(str(part))
        if field is None or not isinstance(field.default, BaseModel):
            return False
        model = type(field.default)
    return True
