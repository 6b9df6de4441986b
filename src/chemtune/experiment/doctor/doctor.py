"""The doctor: looks at the machine, and at a recipe, before anything is spent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chemtune.errors import ChemtuneError
from chemtune.experiment.doctor.chart import Chart
from chemtune.experiment.doctor.packages import look_at_packages

if TYPE_CHECKING:
    from chemtune.recipe.schema import Recipe


def doctor(recipe: Recipe | Path | str | None = None, *, online: bool = False) -> dict[str, Any]:
    """Find what is wrong with this machine, and with a recipe, and say what to do about it.

    No teacher is asked, no weights are loaded or fetched, and nothing is written but to caches.

    Args:
        recipe: A recipe, or the path of one; None looks at the machine alone.
        online: Ask the hub whether it answers and how large a model is; fetch data sets of the hub
            that the recipe names, into the hub's cache.

    Returns:
        `findings`: each with `group`, `level` ("ok", "note", "warning" or "fault"), `about`,
        `found` and `remedy`; `faults` and `warnings`, their numbers.
    """
    charts = [look_at_packages()]
    # What is looked at below needs the packages.
    if charts[0].faults:
        return _told(charts)
    from chemtune.experiment.doctor.machine import look_at_machine
    from chemtune.experiment.doctor.network import look_at_hub

    precision, broken = _precision()
    charts.append(broken)
    if precision:
        charts += [look_at_machine(precision), look_at_hub(online=online)]
    if recipe is not None and precision:
        charts += _of_recipe(recipe, precision, online=online)
    return _told(charts)


def _precision() -> tuple[str, Chart]:
    """The faster precision; and a fault where torch cannot be loaded at all."""
    from chemtune.models.load import choose_precision

    chart = Chart("packages")
    try:
        return choose_precision(), chart
    except (ImportError, OSError, RuntimeError) as error:
        said = f"cannot be loaded: {str(error).strip().splitlines()[0]}"
        chart.fault("torch", said, "pip install --force-reinstall torch")
        return "", chart


def _of_recipe(path: Recipe | Path | str, precision: str, *, online: bool) -> list[Chart]:
    """Look at a recipe, from its file to its tuning; what cannot be read is passed over later."""
    from chemtune.experiment.doctor.documents import look_at_documents
    from chemtune.experiment.doctor.machine import look_at_folder
    from chemtune.experiment.doctor.places import look_at_names, look_at_places
    from chemtune.experiment.doctor.student import look_at_student
    from chemtune.experiment.doctor.survey import survey
    from chemtune.experiment.doctor.teachers import look_at_teachers
    from chemtune.experiment.doctor.tuning import look_at_settings, look_at_tuning
    from chemtune.recipe.load import load_recipe
    from chemtune.recipe.schema import Recipe

    unread = Chart("recipe")
    try:
        recipe = path if isinstance(path, Recipe) else load_recipe(path)
    except ChemtuneError as error:
        unread.failed(error, "recipe")
        return [unread]
    names, plan = look_at_names(recipe)
    look_at_settings(names, recipe)
    look_at_folder(names, "run folder", recipe.run_folder, "run: FOLDER, in the recipe")
    documents, evaluation, readable = look_at_places(recipe, online=online)
    met = None
    if plan is not None and readable.documents:
        met = survey(replace(plan, recipe=readable.of(recipe)))
        look_at_documents(documents, recipe, met)
    charts = [names, documents, evaluation, look_at_teachers(recipe, met)]
    examples = met.examples() if met else []
    asked = recipe.tuning.precision
    precision = precision if asked == "auto" else asked
    mixtures = plan.domain.mixtures if plan is not None else {}
    model, student = look_at_student(recipe, examples, mixtures, precision, online=online)
    charts.append(model)
    if student is not None and plan is not None:
        charts.append(look_at_tuning(recipe, plan.domain, student, examples))
    return charts


def _told(charts: list[Chart]) -> dict[str, Any]:
    seen = [one for chart in charts for one in chart.seen]
    return {
        "findings": [one.row for one in seen],
        "faults": sum(one.level == "fault" for one in seen),
        "warnings": sum(one.level == "warning" for one in seen),
    }
