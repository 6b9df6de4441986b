"""Paths that a grid writes: from its own folder, or files of the recipe that it varies."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chemtune.recipe.changes import Change
from chemtune.recipe.paths import FOLDERS, PATHS


def from_grid(changes: Sequence[Change], grid: Path, recipe: Path) -> list[Change]:
    """Return the changes with their paths as they are named from the recipe's folder.

    A path is of the grid's folder if something is there, or nothing in the recipe's folder either.
    A model or a domain may also be a name: it is a path where it is found as one, or looks as such.

    Args:
        changes: As the grid writes them.
        grid: The grid's folder.
        recipe: The folder of the recipe that it varies, which a recipe's paths are relative to.
    """
    if grid.resolve() == recipe.resolve():
        return list(changes)
    folders = (grid.resolve(), recipe.resolve())
    return [replace(c, value=_moved(c.path[-1], c.value, *folders)) for c in changes]


def _moved(name: int | str, value: Any, grid: Path, recipe: Path) -> Any:
    if isinstance(value, Mapping):
        return {key: _moved(key, one, grid, recipe) for key, one in value.items()}
    if isinstance(value, list):
        return [_moved(name, one, grid, recipe) for one in value]
    if not isinstance(value, str) or name not in PATHS | FOLDERS.keys():
        return value
    return _named(value, grid, recipe, may_be_name=name in FOLDERS)


def _named(path: str, grid: Path, recipe: Path, *, may_be_name: bool) -> str:
    if Path(path).expanduser().is_absolute():
        return path
    if _is_there(grid, path):
        try:
            return Path(os.path.relpath(grid / path, recipe)).as_posix()
        except ValueError:  # another drive
            return str(grid / path)
    named = may_be_name and not (path.startswith(".") or path.endswith(".gguf"))
    if named or _is_there(recipe, path):
        return path
    return os.path.normpath(grid / path)


def _is_there(folder: Path, path: str) -> bool:
    """Whether a path or a glob names anything."""
    if (folder / path).exists():
        return True
    return any(sign in path for sign in "*?[") and next(folder.glob(path), None) is not None
