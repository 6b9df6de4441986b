"""A run, by its folder, by its recipe, or by the folder that holds the recipe."""

from __future__ import annotations

from pathlib import Path

from chemtune.errors import InputError, Problem
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe


def find_run(path: Path | str) -> tuple[RunFolder, Recipe]:
    """Return the run's folder and its recipe, whichever of the two `path` names.

    Raises:
        InputError: There is nothing, the recipe has a fault, or it has no run yet.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(Problem("there is no such run", path, remedy="name a run's folder"))
    recipe = load_recipe(path)
    folder = RunFolder(recipe.run_folder)
    if not folder.path.is_dir():
        message = f"the recipe has no run yet: there is no folder {folder.path}"
        raise InputError(Problem(message, path, remedy="run `chemtune run` first"))
    return folder, recipe


def folder_of(run: Path | str) -> Path:
    """Return the folder of a run that is named by its folder, its recipe, or the recipe's folder.

    A folder that holds no recipe is returned as it is.

    Raises:
        InputError: The recipe has a fault, or no run yet.
    """
    run = Path(run)
    own = RunFolder(run)
    names_another = own.recipe.is_file() and not own.versions.is_file()
    return find_run(run)[0].path if run.is_file() or names_another else run
