"""The paths that a recipe names, moved from one folder to another."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chemtune.recipe.part import Part
from chemtune.recipe.schema import Recipe

PATHS = {"path", "replies", "tokenizer", "shots_from", "journal", "probe", "reviewed"}
# Names that may be folders, by the file that such a folder holds.
FOLDERS = {"model": "config.json", "domain": "domain.yaml"}


def told_from(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Return the recipe's fields, with its paths as they are named from `folder`.

    Relative paths stay relative, so that what is moved together still finds each other; absolute
    ones, and those on another drive, are absolute.
    """

    def named(path: str) -> str:
        if path.startswith("~") or Path(path).is_absolute():
            return path
        whole = recipe.folder.resolve() / path
        try:
            return Path(os.path.relpath(whole, folder.resolve())).as_posix()
        except ValueError:
            return str(whole)

    fields = _moved(recipe, named)
    for name, file in FOLDERS.items():
        if (recipe.folder / Path(fields[name]).expanduser() / file).is_file():
            fields[name] = named(fields[name])
    return fields


def _moved(part: Part, named: Callable[[str], str]) -> dict[str, Any]:
    fields = part.model_dump(mode="json")
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Part):
            fields[name] = _moved(value, named)
        elif isinstance(value, list) and value and isinstance(value[0], Part):
            fields[name] = [_moved(one, named) for one in value]
        elif name in PATHS and isinstance(value, str):
            fields[name] = named(value)
        elif name in PATHS and isinstance(value, list):
            fields[name] = [named(one) for one in value]
    return fields
