"""Held-out examples of a grid with the replies of one model and of what was made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chemtune.dataset.plan import tasks_of
from chemtune.errors import InputError
from chemtune.experiment.grid_report.rows import Row, Rows
from chemtune.experiment.measure import Side
from chemtune.experiment.results import read_results
from chemtune.experiment.samples import Sample, make_samples

SAMPLES = 10
MOST_REPLIES = 4


def grid_samples(rows: Rows) -> list[Sample]:
    """Return ten held-out examples, with the replies of the first model that was tuned.

    Beside them stand those of its first tunings, of the first seed each. None where no reply can be
    read.
    """
    start = next((row.start for row in rows.rows if row.tuned), None)
    of_start = [row for row in rows.rows if row.start == start][:MOST_REPLIES]
    replies: dict[str, Mapping[str, Mapping[str, Any]]] = {}
    scores: dict[str, Any] = {}
    examples, recipe = None, None
    for row in of_start:
        try:
            results = read_results(row.cells[0].cell.run)
        except InputError:
            continue
        side = _side(row)
        found = results.replies(side)
        if not found or results.examples is None:
            continue
        examples, recipe = examples or results.examples, recipe or results.recipe
        replies[row.condition] = found
        scores[row.condition] = results.parts(side)
    if examples is None or recipe is None:
        return []
    try:
        tasks = tasks_of(recipe)
    except InputError:
        tasks = {}
    held_out = [example for example in examples if example.split == recipe.evaluation.split]
    return make_samples(held_out, replies, tasks, SAMPLES, scores)


def _side(row: Row) -> Side:
    return "after" if row.tuned else "before"
