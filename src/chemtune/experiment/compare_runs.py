"""Runs against each other: every measure that they share, and what may be claimed of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chemtune.errors import InputError, Problem
from chemtune.evaluation.families import holm
from chemtune.experiment.claim import claim
from chemtune.experiment.measure import Figure
from chemtune.experiment.measured_run import MeasuredRun
from chemtune.experiment.open_runs import open_runs
from chemtune.experiment.pairing import shared_exams
from chemtune.experiment.prediction_table import Columns
from chemtune.experiment.run_comparison import RunComparison, compare_exams, compare_measures
from chemtune.experiment.seed_groups import SpreadOfSeeds, seed_groups, spreads
from chemtune.files import write_json

COMPARISON = "comparison.json"

OF_ONE_SEED = (
    "{} is of one seed: the tests are about these weights, and another seed's may differ; tune with"
    " other seeds to know how far"
)
OF_ONE_SEED_EACH = OF_ONE_SEED.replace("is of one seed", "are of one seed each")


def compare(
    runs: Sequence[Path | str],
    *,
    every_measure: bool = False,
    id_column: str | None = None,
    key_column: str | None = None,
    column: str | None = None,
    out: Path | None = None,
) -> dict[str, Any]:
    """Compare runs over the questions and held-out documents that they have in common.

    Each run is compared with the first one. All the comparisons are one family: their p are
    adjusted together by Holm's method, and those under 0.05 then hold.

    Args:
        runs: Folders of runs, folders or `scores.json` of `evaluate_questions`, or tables of
            predictions (CSV, TSV, JSON Lines, Parquet). A run stands for its tuned side;
            "RUN:before" is the untuned one; one run alone is compared with itself before tuning.
            Of a table, "FILE:COLUMN" names the column with the answers; "GRID:ROW" is a row of a
            grid, example by example the mean of its seeds.
        every_measure: All measures of the tasks, and not the main ones alone.
        id_column: Of tables: the column of the question's id.
        key_column: Of tables: the column of the right label.
        column: Of tables: the column with the answers, where none stands behind the file.
        out: A folder for `comparison.json`, which holds the result.

    Returns:
        `claim`: one sentence; `comparisons`, a list, each with `name`, `title`, `measure`, `runs`
        (reference first), `values` (each with `value`, `interval95`, and `count` of `total`),
        `difference` with `interval95`, `gained`, `lost`, `examples`, `test`, `p`, `p_holm`,
        `holds`, `detectable` (`seen`: the smallest difference with p < 0.05; `likely`: the smallest
        true one that is found so in 80%), `letters` (of runs that give one letter: `letter`,
        `count`, `total`) and `notes`;
        `seeds`: the spread over runs that differ in seed alone; `runs`; `notes`.

    Raises:
        InputError: A run cannot be read; there is nothing that two of them share; or the same id
            stands for different questions.
    """
    opened = open_runs(runs, Columns(id_column, key_column, column))
    first, *others = opened
    found = [
        comparison
        for other in others
        for comparison in _comparisons(first, other, every_measure=every_measure)
    ]
    if not found:
        raise InputError(Problem(_nothing_shared(opened), remedy=_why_nothing(opened)))
    adjusted = holm([comparison.p for comparison in found])
    family = [c.adjusted(p) for c, p in zip(found, adjusted, strict=True)]
    groups = seed_groups(opened)
    seeds = [s for group in groups for s in spreads(group, every_measure=every_measure)]
    comparisons = [_as_json(comparison) for comparison in family]
    result = {
        "claim": claim(comparisons),
        "runs": [{"name": r.name, "path": r.path, "side": r.side, "seed": r.seed} for r in opened],
        "comparisons": comparisons,
        "seeds": [_seeds_as_json(spread) for spread in seeds],
        "notes": _notes(opened, groups),
    }
    if out is not None:
        write_json(out / COMPARISON, result)
        result["comparison"] = str(out / COMPARISON)
    return result


def _comparisons(
    first: MeasuredRun, other: MeasuredRun, *, every_measure: bool
) -> Iterator[RunComparison]:
    both = (first, other)
    for name, *sets in shared_exams(first, other):
        one, second = sets
        compared = compare_exams(name, both, (one, second))
        if compared is not None:
            yield compared
    for key, measure in first.tasks.items():
        if key in other.tasks and (every_measure or measure.main):
            compared = compare_measures(key, both, (measure, other.tasks[key]))
            if compared is not None:
                yield compared


def _nothing_shared(runs: Sequence[MeasuredRun]) -> str:
    has = []
    for run in runs:
        names = dict.fromkeys([*run.exams, *(task for task, _ in run.tasks)])
        has.append(f"{run.name} has {', '.join(names) or 'nothing'}")
    return f"the first run shares no question set and no task with another: {'; '.join(has)}"


def _why_nothing(runs: Sequence[MeasuredRun]) -> str:
    gaps = [gap for run in runs for gap in run.gaps]
    return gaps[0] if gaps else "compare runs that answered the same questions or documents"


def _notes(runs: Sequence[MeasuredRun], groups: Sequence[Sequence[MeasuredRun]]) -> list[str]:
    notes = [f"{run.name}: {gap}" for run in runs for gap in run.gaps]
    in_groups = {run.name for group in groups for run in group}
    single = [r.name for r in runs if r.side == "after" and r.recipe and r.name not in in_groups]
    if single:
        note = OF_ONE_SEED if len(single) == 1 else OF_ONE_SEED_EACH
        notes.append(note.format(", ".join(single)))
    return notes


def _as_json(comparison: RunComparison) -> dict[str, Any]:
    fields = asdict(comparison) | {"holds": comparison.holds}
    fields["interval95"] = fields.pop("interval")
    fields["values"] = [_figure(value) for value in comparison.values]
    fields["letters"] = fields["letters"] or {}
    return fields


def _figure(figure: Figure) -> dict[str, Any]:
    fields: dict[str, Any] = {"value": figure.value, "interval95": figure.interval}
    if figure.count is not None:
        fields |= {"count": figure.count, "total": figure.total}
    return fields


def _seeds_as_json(found: SpreadOfSeeds) -> dict[str, Any]:
    fields = asdict(found)
    spread = fields.pop("spread")
    spread["interval95"] = spread.pop("interval")
    return {**fields, **spread}
