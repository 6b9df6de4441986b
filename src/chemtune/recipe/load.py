"""Reading a recipe from its file."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from chemtune.errors import InputError, Problem, nearest
from chemtune.recipe.located import LocatedYaml
from chemtune.recipe.schema import Recipe


def load_recipe(path: Path | str) -> Recipe:
    """Read and check a recipe.

    Raises:
        InputError: With all of its faults, each with file, line, field and value.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "recipe.yaml"
    recipe: Recipe = LocatedYaml(path).read_as(Recipe)
    recipe._file = path.resolve()
    return recipe


def check_names(recipe: Recipe, *, tasks: Collection[str]) -> None:
    """Check the names in a recipe that only its domain knows.

    Raises:
        InputError: With every name that the domain does not have.
    """
    named: list[tuple[tuple[int | str, ...], str]] = [
        (("documents", i, "tasks", j), name)
        for i, source in enumerate(recipe.documents)
        for j, name in enumerate(source.tasks)
    ]
    mixture = recipe.tuning.mixture
    if mixture is not None:
        ways = {"times": mixture.times, "count": mixture.count, "share": mixture.share}
        named += [
            (("tuning", "mixture", way, name), name)
            for way, numbers in ways.items()
            for name in numbers or {}
        ]
    if isinstance(recipe.evaluation.tasks, list):
        named += [(("evaluation", "tasks", i), n) for i, n in enumerate(recipe.evaluation.tasks)]
    named += [(("evaluation", "losses", i), n) for i, n in enumerate(recipe.evaluation.losses)]
    unknown = [(location, name) for location, name in named if name not in tasks]
    if not unknown:
        return
    if recipe._file is None:
        raise InputError(
            *(Problem(f"unknown task {n!r}", remedy=nearest(n, list(tasks))) for _, n in unknown)
        )
    file = LocatedYaml(recipe._file)
    raise InputError(
        *(file.problem(at, f"unknown task {n!r}", nearest(n, list(tasks))) for at, n in unknown)
    )
