"""A run that is used: its recipe, its model and its adapter, found again from the run's folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from chemtune.dataset.plan import tasks_of
from chemtune.domains import Domain, find_domain
from chemtune.errors import InputError, Problem
from chemtune.models.identity import identity_of, weights_identity
from chemtune.models.load import Student, choose_precision, is_tuned, load_student
from chemtune.models.resolve import ModelFiles, resolve_model
from chemtune.recipe.find_run import find_run
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe
from chemtune.tasks.answer import FreeAnswer
from chemtune.tasks.choice import Choice
from chemtune.tasks.task import Task

CONFIG = "adapter_config.json"
# As `tune` names it; importing that would load torch.
SUMMARY = "tuning.json"
Which = Literal["untuned", "tuned"]
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class OpenedRun:
    """A run whose model is used.

    Attributes:
        folder: The run's folder.
        recipe: Its recipe.
        domain: The recipe's domain.
        tasks: The domain's tasks, by name.
        files: Where the base model is.
        adapter: The adapter's folder, or None for the untuned model.
        precision: "float32" or "bfloat16".
    """

    folder: RunFolder
    recipe: Recipe
    domain: Domain
    tasks: dict[str, Task]
    files: ModelFiles
    adapter: Path | None
    precision: str

    @property
    def identity(self) -> str:
        """The identity of the weights, the adapter and the precision."""
        adapter = weights_identity(self.adapter) if self.adapter else None
        return identity_of(weights_identity(self.files.folder), adapter, self.precision)

    @property
    def document_tasks(self) -> list[str]:
        """The tasks that the model was tuned on and that take a document, not a question."""
        named = dict.fromkeys(name for part in self.recipe.documents for name in part.tasks)
        mixture = self.recipe.tuning.mixture
        chosen = mixture.tasks(self.domain.mixtures) if mixture else None
        return [
            name
            for name in named
            if (chosen is None or name in chosen)
            and name in self.tasks
            and takes_document(self.tasks[name])
        ]

    def load(self) -> Student:
        """Load the model."""
        return load_student(self.files, precision=self.precision, adapter=self.adapter)


def takes_document(task: Task) -> bool:
    """Whether a task is put about a document, and not about a question."""
    return not isinstance(task, FreeAnswer | Choice)


def open_run(run: Path | str, *, untuned: bool = False, precision: str | None = None) -> OpenedRun:
    """Open a run's folder, or the run of a recipe or of the folder that holds one.

    Args:
        run: The run's folder; or a recipe, or its folder.
        untuned: Leave the adapter out.
        precision: "float32", "bfloat16", or "auto" for the faster one here; None is the one that
            the model was tuned in. It is a part of what answers are known by.

    Raises:
        InputError: It is no run, the run has no adapter, or its model is not there.
    """
    if precision is not None and precision not in PRECISIONS:
        remedy = f"one of {', '.join(PRECISIONS)}"
        raise InputError(Problem(f"unknown precision {precision!r}", remedy=remedy))
    folder, recipe = find_run(run)
    config = folder.adapter / CONFIG
    if not untuned and not is_tuned(folder.adapter):
        remedy = "run `chemtune tune`, or take the untuned model (--untuned)"
        raise InputError(Problem("the run has no adapter", folder.adapter, remedy=remedy))
    domain = find_domain(recipe.domain, recipe.folder)
    files = _model(recipe, config)
    return OpenedRun(
        folder=folder,
        recipe=recipe,
        domain=domain,
        tasks=tasks_of(recipe),
        files=files,
        adapter=None if untuned else folder.adapter,
        precision=_precision(recipe, folder, precision),
    )


def _model(recipe: Recipe, config: Path) -> ModelFiles:
    base = _base_model(config)
    named = recipe.folder / Path(recipe.model).expanduser()
    if not named.is_dir() and base is not None and base.is_dir():
        return resolve_model(str(base))
    return resolve_model(recipe.model, recipe.folder)


def _base_model(config: Path) -> Path | None:
    """The folder that an adapter names as its base, where it names one."""
    if not config.is_file():
        return None
    try:
        named = json.loads(config.read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (ValueError, AttributeError):
        raise InputError(Problem("is no adapter's configuration", config)) from None
    return Path(named) if named else None


def _precision(recipe: Recipe, folder: RunFolder, asked: str | None) -> str:
    """The precision that was asked for; else the recipe's, and that of the tuning for "auto".

    Measured anew it could be another one at the next start, and every answer be computed again.
    """
    if asked == "auto":
        return choose_precision()
    wanted = asked or recipe.tuning.precision
    if wanted != "auto":
        return wanted
    summary = folder.adapter / SUMMARY
    if summary.is_file():
        tuned = json.loads(summary.read_text(encoding="utf-8")).get("precision")
        if tuned in PRECISIONS:
            return str(tuned)
    return choose_precision()
