"""The files that a recipe names: documents, questions, texts; all faults at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chemtune.dataset.place import place_of
from chemtune.dataset.plan import Plan
from chemtune.documents.question import read_questions
from chemtune.errors import ChemtuneError
from chemtune.evaluation.question_sets import read_shots
from chemtune.evaluation.text_sets import read_text_set
from chemtune.experiment.doctor.chart import Chart, here
from chemtune.recipe.schema import Files, QuestionSet, Recipe
from chemtune.tuning.probe import probe_file

KINDS = "PDF, Word, HTML, text, JSON Lines, CSV or Parquet"
ONLINE = "chemtune doctor RECIPE --online fetches and reads it"


@dataclass(frozen=True)
class Readable:
    """What of a recipe can be read: its documents and question sets, by their numbers."""

    documents: list[int]
    questions: list[int]

    def of(self, recipe: Recipe) -> Recipe:
        """Return the recipe with these alone."""
        asked = [recipe.evaluation.questions[i] for i in self.questions]
        part = recipe.model_copy(
            update={
                "documents": [recipe.documents[i] for i in self.documents],
                "evaluation": recipe.evaluation.model_copy(update={"questions": asked}),
            }
        )
        part._file = recipe._file
        return part


def look_at_places(recipe: Recipe, *, online: bool) -> tuple[Chart, Chart, Readable]:
    """Look for every file that a recipe names.

    Args:
        recipe: The recipe.
        online: Data sets of the hub are fetched into its cache and read.

    Returns:
        A chart of the documents, one of what the evaluation asks, and what of it can be read.
    """
    documents, questions = Chart("documents"), Chart("evaluation")
    read = [
        number
        for number, source in enumerate(recipe.documents)
        if _found(documents, f"documents[{number}]", source, recipe.folder, online=online)
    ]
    asked = [
        number
        for number, wanted in enumerate(recipe.evaluation.questions)
        if _questions(questions, number, wanted, recipe.folder, online=online)
    ]
    _texts(questions, recipe, online=online)
    return documents, questions, Readable(read, asked)


def _found(chart: Chart, about: str, files: Files, base: Path, *, online: bool) -> bool:
    """Whether the files are there to be read."""
    if files.hub is not None and not online:
        chart.note(about, f"{files.hub}: a data set of the hub, not looked at", ONLINE)
        return False
    try:
        place = place_of(files, base)
    except ChemtuneError as error:
        folder = base / Path(files.path or "").expanduser()
        if files.path and folder.is_dir() and not any(folder.iterdir()):
            chart.fault(
                about, f"the folder {here(folder)} is empty", f"put documents there: {KINDS}"
            )
        else:
            chart.failed(error, about)
        return False
    closed = [path for path in place.paths if not os.access(path, os.R_OK)]
    if closed:
        chart.fault(
            about, f"{len(closed)} files may not be read, such as {here(closed[0])}", "chmod u+r"
        )
        return False
    count = len(place.paths)
    chart.ok(about, f"{files.path or files.hub}: {count} {'file' if count == 1 else 'files'}")
    return True


def _questions(chart: Chart, number: int, wanted: QuestionSet, base: Path, *, online: bool) -> bool:
    about = f"evaluation.questions[{number}]"
    if wanted.hub is not None and not online:
        chart.note(about, f"{wanted.hub}: a data set of the hub, not looked at", ONLINE)
        return False
    try:
        place = place_of(wanted, base)
        there = sum(len(read_questions(path, split=wanted.split)) for path in place.paths)
        read_shots(wanted.shots, [base / wanted.shots_from] if wanted.shots_from else [])
    except ChemtuneError as error:
        chart.failed(error, about)
        return False
    asked = min(there, wanted.limit or there)
    said = f"{wanted.path or wanted.hub}: {asked} of {there} questions, {wanted.shots} shots"
    if asked < 100:
        # Of 100 answers at one half, the 95% interval is 0.40 to 0.60.
        said += "; an interval of 0.2 and more: a change must be large to be seen"
        chart.note(about, said, "more questions, or no limit")
    else:
        chart.ok(about, said)
    return True


def _texts(chart: Chart, recipe: Recipe, *, online: bool) -> None:
    texts: Any = recipe.evaluation.texts
    for number, wanted in enumerate(texts if isinstance(texts, list) else []):
        about = f"evaluation.texts[{number}]"
        if wanted.hub is not None and not online:
            chart.note(about, f"{wanted.hub}: a data set of the hub, not looked at", ONLINE)
            continue
        try:
            place = place_of(wanted, recipe.folder)
            read = read_text_set(wanted.name or place.about, place.paths, wanted.column)
            chart.ok(about, f"{wanted.path or wanted.hub}: {len(read.texts)} texts")
        except ChemtuneError as error:
            chart.failed(error, about)


def look_at_names(recipe: Recipe) -> tuple[Chart, Plan | None]:
    """Look at the names that only the domain knows, and at the mixture and the probe.

    Returns:
        The chart, and the plan of the recipe where its names are known.
    """
    chart = Chart("recipe")
    plan = None
    try:
        plan = Plan.of(recipe)
        mixture = recipe.tuning.mixture
        if mixture is not None and mixture.preset is not None:
            known = plan.domain.mixtures
            if mixture.preset not in known:
                said = f"the domain has no mixture {mixture.preset!r}"
                chart.fault("tuning.mixture.preset", said, f"known: {', '.join(known)}")
        probe_file(recipe.tuning.probe, plan.domain.probe, recipe.folder)
        if recipe.judge is not None:
            _ = plan.judge_wording
    except ChemtuneError as error:
        chart.failed(error, "recipe")
    if not chart.faults:
        tasks = dict.fromkeys(task for source in recipe.documents for task in source.tasks)
        chart.ok(
            "recipe",
            f"{here(recipe._file) if recipe._file else recipe.name} reads well: {', '.join(tasks)}",
        )
    return chart, plan
