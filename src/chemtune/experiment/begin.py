"""A folder to begin with: a commented recipe, or one of the grids that ship."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from chemtune.errors import InputError, Problem, nearest

TEMPLATES = Path(__file__).parent / "templates"
GRIDS = TEMPLATES / "grids"
PRESETS = {"own": TEMPLATES / "recipe.yaml", "paper": TEMPLATES / "paper.yaml"}


def init(
    folder: Path | str, *, preset: str | None = None, grid: str | None = None
) -> dict[str, Any]:
    """Make a folder with a commented recipe and the folders that it names, or with a grid.

    Args:
        folder: The folder.
        preset: "own" (the default) for one's own documents; "paper" for the paper's data, tasks
            and mixture.
        grid: In the place of a recipe, the name of a grid that ships (see `grids`).

    Returns:
        `recipe` and `documents`, the paths that were made; or `grid`.

    Raises:
        InputError: The folder holds such a file already; there is no such preset or grid, or both
            are named.
    """
    folder = Path(folder)
    if grid is not None:
        if preset is not None:
            reason = "a preset is a recipe, and a grid is none"
            raise InputError(Problem(reason, field="--preset", remedy="leave it out"))
        source = GRIDS / f"{grid}.yaml"
        if grid not in grids():
            remedy = nearest(grid, grids())
            raise InputError(Problem(f"no grid {grid!r}", field="--grid", remedy=remedy))
        to, there = folder / source.name, "there is a grid already; it is left as it is"
        return {"grid": str(_copied(source, to, there))}
    preset = preset or "own"
    if preset not in PRESETS:
        remedy = nearest(preset, list(PRESETS))
        raise InputError(Problem(f"no preset {preset!r}", field="--preset", remedy=remedy))
    to, there = folder / "recipe.yaml", "there is a recipe already; it is left as it is"
    recipe = _copied(PRESETS[preset], to, there)
    documents = folder / "documents"
    documents.mkdir(exist_ok=True)
    return {"recipe": str(recipe), "documents": str(documents)}


def grids() -> list[str]:
    """Return the names of the grids that ship."""
    return sorted(path.stem for path in GRIDS.glob("*.yaml"))


def _copied(source: Path, to: Path, there: str) -> Path:
    if to.exists():
        raise InputError(Problem(there, to))
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, to)
    return to
