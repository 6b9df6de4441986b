"""What decides a cell's data, its model's answers before tuning, and its results, as hashes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from chemtune.dataset.review.verdicts import read_verdicts
from chemtune.dataset.reviewed import named_files
from chemtune.documents.read import find_files
from chemtune.domains import find_domain
from chemtune.models.identity import files_identity, identity_of
from chemtune.recipe.grid import Cell
from chemtune.recipe.schema import Files, Recipe
from chemtune.recipe.teacher_settings import AnyTeacher, LocalTeacher, RecordedTeacher

DATA = {
    "domain",
    "seed",
    "documents",
    "teacher",
    "second",
    "judge",
    "near_duplicates",
    "checks",
    "order",
    "split",
    "formats",
}
# Of a question set, what documents are looked for in.
PLACE = {"path", "hub", "config", "hub_split", "revision", "split"}
# Settings of the tuning that no result shows.
BESIDE = {"report_to", "checkpoint_steps", "sharded", "seed"}


def data_identity(recipe: Recipe) -> str:
    """Return the identity of the data set that a recipe builds, its documents' bytes included.

    A data set of the hub stands for itself by name and revision: it is not fetched for this.

    Raises:
        InputError: Files that the recipe names are not there.
    """
    domain = find_domain(recipe.domain, recipe.folder)
    teachers = [recipe.teacher, *(s.teacher for s in recipe.documents if s.teacher)]
    teachers += [other.teacher for other in (recipe.second, recipe.judge) if other]
    questions = recipe.evaluation.questions
    # A grid without them has the identity that it had before there were decisions.
    decided = [_decided(recipe)] if isinstance(recipe.reviewed, list) else []
    return identity_of(
        recipe.model_dump(mode="json", include=DATA),
        [asked.model_dump(mode="json", include=PLACE) for asked in questions],
        [_files_of(files, recipe.folder) for files in (*recipe.documents, *questions)],
        [_replies_of(teacher, recipe.folder) for teacher in teachers],
        files_identity([domain.folder / "domain.yaml", *sorted(domain.task_folder.glob("*.yaml"))]),
        *decided,
    )


def start_identity(recipe: Recipe, data: str, weights: str) -> str:
    """Return the identity of what a model answers before tuning.

    Args:
        recipe: The recipe.
        data: The identity of its data set, which the held-out documents are of.
        weights: That of the model's weights.
    """
    shots = [asked.shots_from for asked in recipe.evaluation.questions if asked.shots_from]
    texts = recipe.evaluation.texts
    domain = find_domain(recipe.domain, recipe.folder)
    of_texts: list[Any] = []
    if isinstance(texts, list):
        of_texts = [_files_of(files, recipe.folder) for files in texts]
    elif texts:
        of_texts = [files_identity(list(domain.texts.values()))]
    return identity_of(
        weights,
        data,
        recipe.evaluation.model_dump(mode="json", exclude={"baseline"}),
        [files_identity([recipe.folder / path]) for path in shots],
        of_texts,
        recipe.tuning.precision,
    )


def cell_identity(cell: Cell, start: str) -> str:
    """Return the identity of a cell's results; `start` is its model's before tuning."""
    recipe = cell.recipe
    if not cell.tuned:
        return identity_of(start, "as it is")
    return identity_of(
        start, recipe.tuning.deciding(BESIDE), recipe.tuning_seed, recipe.evaluation.baseline
    )


def tokens_identity(recipe: Recipe, data: str, weights: str) -> str:
    """Return the identity of the tokens of an epoch's examples."""
    mixture = recipe.tuning.mixture
    return identity_of(weights, data, mixture.model_dump(mode="json") if mixture else None)


def _decided(recipe: Recipe) -> list[dict[str, Any]]:
    """What people decided in the files that a recipe names; a database's bytes tell less."""
    verdicts = read_verdicts(*named_files(recipe)).values()
    return [asdict(verdict) | {"judged": sorted(verdict.judged)} for verdict in verdicts]


def _files_of(files: Files, base: Path) -> Any:
    return None if files.path is None else files_identity(find_files(files.path, base))


def _replies_of(teacher: AnyTeacher, base: Path) -> Any:
    """The files that a teacher answers from."""
    if isinstance(teacher, RecordedTeacher):
        return files_identity(find_files(teacher.replies, base))
    if isinstance(teacher, LocalTeacher):
        return files_identity([base / teacher.path])
    return None
