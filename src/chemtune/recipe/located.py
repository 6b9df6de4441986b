"""YAML read into pydantic models, every fault at once, each with its line.

Used for recipes and for the YAML files of a domain, so that both speak alike.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from chemtune.errors import InputError, Problem, nearest

Model = TypeVar("Model")
Location = tuple[int | str, ...]
SHOWN_CHARACTERS = 60


class LocatedYaml:
    """A YAML file's data with the line of each of its fields."""

    def __init__(self, path: Path) -> None:
        """Read `path`.

        Raises:
            InputError: The file is missing, empty, not UTF-8, not YAML, or has a key twice.
        """
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise InputError(Problem("no such file", path)) from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise InputError(
                Problem(f"byte {error.start} is not UTF-8", path, line, remedy="save it as UTF-8")
            ) from None
        except OSError as error:
            raise InputError(Problem(f"cannot be read: {error.strerror}", path)) from None
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
            self.data = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            what = f"not YAML: {error.problem}"
            raise InputError(Problem(what, path, mark.line + 1 if mark else None)) from None
        # PyYAML lets ValueError through for a date such as 2024-13-01.
        except (yaml.YAMLError, ValueError) as error:
            raise InputError(Problem(f"not YAML: {error}", path)) from None
        if root is None or self.data is None:
            raise InputError(Problem("the file is empty", path))
        self.root = root
        twice = list(_repeated_keys(root))
        if twice:
            raise InputError(
                *(Problem(f"the field {k!r} stands twice", path, line) for k, line in twice)
            )

    def line(self, location: Location) -> int:
        """Return the line, from 1, of the deepest part of `location` that the file holds."""
        node: yaml.Node = self.root
        line: int = node.start_mark.line + 1
        for part in location:
            child = _child(node, part)
            if child is None:
                continue
            node, line = child
        return line

    def problem(self, location: Location, message: str, remedy: str | None = None) -> Problem:
        """Return a Problem that points at `location` in this file."""
        return Problem(message, self.path, self.line(location), dotted(location) or None, remedy)

    def read_as(self, model: Any) -> Any:
        """Return the data as `model`, a pydantic model or a type made of them.

        Raises:
            InputError: All faults of the file.
        """
        try:
            return TypeAdapter(model).validate_python(self.data)
        except ValidationError as error:
            problems = [self._translate(model, e) for e in error.errors()]
            raise InputError(*sorted(problems, key=lambda p: p.line or 0)) from None

    def _translate(self, model: Any, error: Any) -> Problem:
        location = _in_file(model, self.data, error["loc"])
        kind, value = error["type"], error["input"]
        if kind == "extra_forbidden":
            known = sorted(fields_at(model, error["loc"][:-1]))
            message, remedy = "unknown field", nearest(str(location[-1]), known)
        elif kind == "missing":
            message, remedy = "this field is missing", None
        elif kind == "union_tag_not_found":
            message, remedy = f"{error['ctx']['discriminator']} is missing", None
        elif kind == "union_tag_invalid":
            tags = [tag.strip(" '") for tag in error["ctx"]["expected_tags"].split(",")]
            message = f"unknown {error['ctx']['discriminator']} {error['ctx']['tag']!r}"
            remedy = nearest(str(error["ctx"]["tag"]), tags)
        elif kind == "literal_error":
            allowed = [
                a.strip(" '") for a in error["ctx"]["expected"].replace(" or ", ",").split(",")
            ]
            message, remedy = f"{shown(value)} is not allowed here", nearest(str(value), allowed)
            if location and location[-1] == "[key]":
                location = location[:-1]
        elif kind == "value_error":
            message, remedy = str(error["ctx"]["error"]), None
        else:
            message, remedy = f"{shown(value)}: {error['msg'][:1].lower()}{error['msg'][1:]}", None
        return self.problem(location, message, remedy)


def shown(value: Any) -> str:
    """Return `value` as a message shows it: quoted and not too long."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."


def dotted(location: Iterable[int | str]) -> str:
    """Return a location as a user writes it: documents[0].path."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def fields_at(model: Any, location: Location) -> set[str]:
    """Return the names of the fields that a pydantic type allows at `location`."""
    models = _models_of(model)
    for part in location:
        models = _tagged(models, part) or _below(models, part) or models
    return {name for m in models for name in m.model_fields}


def _below(models: list[type[BaseModel]], part: int | str) -> list[type[BaseModel]]:
    fields = [m.model_fields[part] for m in models if part in m.model_fields]
    return [found for field in fields for found in _models_of(field.annotation)]


def _tagged(models: list[type[BaseModel]], part: int | str) -> list[type[BaseModel]]:
    """The models of a union that `part` is the tag of; a tag can also be the name of a field."""
    return [m for m in models if part in _tags(m)] if len(models) > 1 else []


def _tags(model: type[BaseModel]) -> set[Any]:
    literals = (f.annotation for f in model.model_fields.values())
    return {
        v for a in literals if typing.get_origin(a) is typing.Literal for v in typing.get_args(a)
    }


def _models_of(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if typing.get_origin(annotation) in (
        typing.Union,
        types.UnionType,
        list,
        dict,
        typing.Annotated,
    ):
        return [m for a in typing.get_args(annotation) for m in _models_of(a)]
    return []


def _in_file(model: Any, data: Any, location: Location) -> Location:
    """Leave out of pydantic's location what is not in the file: the tags and types of unions."""
    models = _models_of(model)
    kept: list[int | str] = []
    for part in location:
        tagged = _tagged(models, part)
        if tagged or (isinstance(part, str) and not isinstance(data, dict)):
            models = tagged or models
            continue
        kept.append(part)
        models = _below(models, part) or models
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = {}
    return tuple(kept)


def _child(node: yaml.Node, part: int | str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child, child.start_mark.line + 1
    return None


def _repeated_keys(node: yaml.Node) -> Iterable[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _repeated_keys(child)
