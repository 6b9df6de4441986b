"""The report of a run: one HTML file that opens anywhere, without network or script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from chemtune.dataset.example import Example
from chemtune.dataset.plan import tasks_of
from chemtune.dataset.tally import Tally
from chemtune.errors import InputError, Problem
from chemtune.experiment.comparison import Comparison, compare
from chemtune.experiment.measure import SIDES
from chemtune.experiment.pages import GIBIBYTE, grouped, template
from chemtune.experiment.results import Results, Rows, read_results
from chemtune.experiment.samples import HOW_CHOSEN, Sample, make_samples
from chemtune.files import write_text
from chemtune.models.preset import load_preset
from chemtune.recipe.schema import Recipe
from chemtune.tasks.task import Task

CELLS = "cells.json"
SAMPLES = 10


def report(run: Path | str, form: Literal["html", "markdown", "latex"] = "html") -> dict[str, Any]:
    """Write `report.html` of a run or of a grid from what its folder holds.

    Steps or cells that are not done yet are named as such on the page.

    Args:
        run: The run's folder or recipe, or the grid's folder.
        form: Of a grid: the page, or its tables alone, as `tables.md` or `tables.tex`.

    Returns:
        `report` and `run` (paths), `measures` (rows that compare before and after) and `examples`
        (in the data set); of a grid what `report_grid` returns.

    Raises:
        InputError: The folder is no run's nor a grid's, a file in it is damaged, or a run is asked
            for as tables.
    """
    if (Path(run) / CELLS).is_file():
        from chemtune.experiment.grid_report.report_grid import report_grid

        return report_grid(Path(run), form)
    if form != "html":
        message = f"--format {form} is for grids, and this folder has no {CELLS}"
        raise InputError(Problem(message, Path(run), remedy="leave it out, for the run's page"))
    results = read_results(run)
    comparison = compare(results.scores or {}, results.question_predictions())
    write_text(results.folder.report, render(results, comparison))
    return {
        "report": str(results.folder.report),
        "run": str(results.folder.path),
        "measures": len(comparison.rows),
        "examples": len(results.examples or []),
    }


def render(results: Results, comparison: Comparison) -> str:
    """Return the page. Everything that is not a template is escaped, but the charts.

    A chart holds names of tasks and question sets, which its renderer has escaped.
    """
    from markupsafe import Markup

    tasks, unread = _tasks(results.recipe)
    return template("report.html").render(
        results=results,
        recipe=results.recipe,
        recipe_text=without_passwords(results.recipe_text),
        comparison=comparison,
        loss_chart=Markup(_loss_chart(results.tuning)),
        forest_chart=Markup(_forest_chart(comparison)),
        samples=_samples(results, comparison, tasks),
        how_chosen=HOW_CHOSEN,
        unread=unread,
        titles={name: task.title for name, task in tasks.items()},
        data=_data(results),
        model=_model(results),
        tuning=_tuning(results.tuning),
        identities=_identities(results),
    )


def without_passwords(text: str) -> str:
    """Return a text whose addresses show no `user:password@`; a report is passed on."""
    return re.sub(r"(?<=://)[^/\s@]+@", "…@", text)


def _tasks(recipe: Recipe) -> tuple[dict[str, Task], str]:
    """The tasks of the recipe's domain, and where there are none, why."""
    try:
        return tasks_of(recipe), ""
    except InputError as error:
        return {}, str(error)


def _samples(results: Results, comparison: Comparison, tasks: Mapping[str, Task]) -> list[Sample]:
    rows: dict[str, Rows] = {side: results.replies(side) for side in comparison.sides}
    held_out = [e for e in results.examples or [] if e.split == results.recipe.evaluation.split]
    scores: dict[str, Any] = {side: results.parts(side) for side in comparison.sides}
    return make_samples(held_out, rows, tasks, SAMPLES, scores)


def _loss_chart(tuning: Mapping[str, Any] | None) -> str:
    losses = (tuning or {}).get("losses") or []
    if not any(isfinite(loss) for _, loss in losses):
        return ""
    from chemtune.experiment.charts import loss_chart

    return loss_chart(losses, (tuning or {}).get("validation_loss") or [])


def _forest_chart(comparison: Comparison) -> str:
    if not comparison.rows:
        return ""
    from chemtune.experiment.charts import forest_chart

    return forest_chart(comparison)


def _data(results: Results) -> dict[str, Any] | None:
    """What the data set holds and what was left out, as rows of tables."""
    if results.examples is None:
        return None
    examples = results.examples
    splits = {(example.document_id, example.split) for example in examples}
    of_document = Counter(document for document, _ in splits)
    rejected = Counter((e.stage, e.reason) for e in results.rejected if e.outcome == "rejected")
    cut = Counter((e.stage, e.reason) for e in results.rejected if e.outcome == "cut")
    return {
        "documents": len(of_document),
        "divided": sum(count > 1 for count in of_document.values()),
        "counts": Tally.of(examples).examples(),
        "splits": Counter(example.split for example in examples),
        "sources": _sources(examples),
        "rejected": rejected.most_common(),
        "cut": cut.most_common(),
    }


def _sources(examples: list[Example]) -> list[tuple[tuple[str, str, str], int]]:
    counts = Counter((e.source or "not named", e.licence or "unknown", e.teacher) for e in examples)
    return counts.most_common()


def _model(results: Results) -> list[tuple[str, str]]:
    """Where the model comes from, as far as the run's folder and the presets know."""
    preset = load_preset(results.recipe.model)
    facts = [("model", results.recipe.model)]
    found = (results.tuning or {}).get("model")
    if found:
        facts += [("found", found["origin"]), ("licence", found["licence"])]
    if results.base_model:
        facts.append(("base model of the adapter", results.base_model))
    if preset is not None:
        facts.append(("hub repository", preset.hub))
        facts.append(("languages", ", ".join(preset.languages)))
    return facts


def _tuning(tuning: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if tuning is None:
        return []
    facts = [
        ("steps", grouped(tuning["steps"])),
        (
            "tokens, of them labels",
            f"{grouped(tuning['tokens'])}, {grouped(tuning['label_tokens'])}",
        ),
        ("tokens a second", grouped(tuning["tokens_per_second"])),
        ("wall time", f"{grouped(tuning['wall_s'])} s"),
        ("peak memory", f"{tuning['peak_memory_bytes'] / GIBIBYTE:.2f} GiB"),
        ("loss, first and last step", f"{tuning['loss_first']:.3f}, {tuning['loss_last']:.3f}"),
        ("precision", tuning["precision"]),
    ]
    if tuning["validation_loss"]:
        step, loss = tuning["validation_loss"][-1]
        facts.append(("validation loss at the end", f"{loss:.3f} (step {step})"))
    broken = sum(not isfinite(loss) for _, loss in tuning["losses"])
    if broken:
        facts.append(("steps whose loss is not finite", str(broken)))
    return facts


def _identities(results: Results) -> list[tuple[str, str]]:
    """The hash of each thing that was computed, so that two reports can be told apart."""
    found = [("tuning", results.tuning["identity"])] if results.tuning else []
    for side in SIDES:
        card = (results.scores or {}).get(side)
        if not card:
            continue
        found.append((f"{side}: weights ({card['precision']})", card["identity"]))
        held_out = {task["identity"] for task in card["tasks"].values()}
        found += [(f"{side}: held-out answers", identity) for identity in sorted(held_out)]
        found += [(f"{side}: {name}", exam["identity"]) for name, exam in card["questions"].items()]
    return found
