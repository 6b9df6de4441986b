"""Reading a domain's tasks from its YAML files."""

from __future__ import annotations

from pathlib import Path

from chemtune.errors import InputError, Problem
from chemtune.recipe.located import LocatedYaml
from chemtune.tasks.kinds import AnyTask, Task


def load_tasks(folder: Path) -> dict[str, Task]:
    """Return the tasks in `folder`, one a YAML file, by name.

    Raises:
        InputError: With the faults of all the files.
    """
    tasks: dict[str, Task] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            task: Task = LocatedYaml(path).read_as(AnyTask)
        except InputError as error:
            problems += error.problems
        else:
            tasks[path.stem] = task.model_copy(update={"name": path.stem})
    if problems:
        raise InputError(*problems)
    if not tasks:
        raise InputError(Problem("holds no task: no *.yaml file", folder))
    return tasks
