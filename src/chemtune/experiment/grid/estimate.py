"""What the cells of a grid will take: by what is done, else by a short measurement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chemtune.errors import ChemtuneError
from chemtune.experiment.grid.book import DONE
from chemtune.experiment.grid.cell_run import done_cell
from chemtune.experiment.grid.folder import GridFolder
from chemtune.experiment.grid.own_process import in_own_process
from chemtune.experiment.grid.planned import PlannedCell, build_data, built_data
from chemtune.experiment.grid.rates import Estimate, GroupWork, Known, estimate_group
from chemtune.models.identity import identity_of
from chemtune.progress import say
from chemtune.recipe.grid import Grid
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe
from chemtune.tuning.tune import SUMMARY

# What decides how fast a tuning is.
SPEED = {"method", "lora", "batch_size", "batches", "max_tokens", "tokens_per_pass", "sharded"}


def estimate_cells(grid: Grid, folder: GridFolder, cells: Sequence[PlannedCell]) -> dict[str, Any]:
    """Estimate the time and memory of each cell, without running one.

    A data set that no money is needed for is built. Of each model and each kind of tuning a few
    steps and answers are run and thrown away, for a minute or so, unless a cell like it is done.

    Returns:
        `grid`, `out`, `cells`: for each `id`, `state` ("done" or "open"), `seconds` (of "load",
        "before", "tune", "after"), `wall_s`, `memory_bytes`, `tokens`, `by` ("done": it has been
        run; "like": by cells like it; "measured"; or ""), `why` (there is no estimate); and
        `wall_s` (of all open cells that can be estimated), `memory_bytes` (the largest),
        `unknown` (cells without an estimate).
    """
    rows = {one.id: _row(one) for one in cells}
    left = []
    for one in cells:
        done = done_cell(folder.cell(one.id), one.work.identity)
        if done is not None:
            own = {"wall_s": done["wall_s"], "memory_bytes": done["peak_memory_bytes"]}
            rows[one.id] |= own | {"state": DONE, "by": "done", "tokens": done["tokens"]}
            rows[one.id]["seconds"] = done["seconds"]
        elif why := _no_data(one, folder):
            rows[one.id]["why"] = why
        else:
            left.append(one)
    for group in _groups(left):
        try:
            found = _estimated(group, cells, folder)
        except ChemtuneError as error:
            for one in group:
                rows[one.id]["why"] = str(error)
            continue
        for name, estimate in found.items():
            rows[name] |= estimate.row()
    _share_starts(left, rows, folder)
    listed = list(rows.values())
    still = [row for row in listed if row["state"] != DONE]
    return {
        "grid": grid.name,
        "out": str(folder.path),
        "cells": listed,
        "wall_s": round(sum(row["wall_s"] or 0 for row in still), 1),
        "memory_bytes": max((row["memory_bytes"] or 0 for row in listed), default=0),
        "unknown": sum(row["wall_s"] is None for row in still),
    }


def _row(one: PlannedCell) -> dict[str, Any]:
    return {
        "id": one.id,
        "axes": dict(one.cell.axes),
        "state": "open",
        "seconds": {},
        "wall_s": None,
        "memory_bytes": None,
        "tokens": None,
        "by": "",
        "why": "",
    }


def _no_data(one: PlannedCell, folder: GridFolder) -> str:
    """Why a cell's data set is not there; it is built where that costs nothing."""
    if built_data(one, folder) is not None:
        return ""
    if not _costs_nothing(one.cell.recipe):
        return "its data set is not built, and its teacher is not asked for an estimate"
    try:
        build_data(one, folder)
    except ChemtuneError as error:
        return f"its data set: {error}"
    return ""


def _costs_nothing(recipe: Recipe) -> bool:
    teachers = [source.teacher or recipe.teacher for source in recipe.documents]
    teachers += [other.teacher for other in (recipe.second, recipe.judge) if other]
    return all(teacher.kind in ("none", "recorded") for teacher in teachers)


def _groups(cells: Sequence[PlannedCell]) -> list[list[PlannedCell]]:
    """Cells that one measurement will do for: of the same start, tuned at the same speed."""
    groups: dict[str, list[PlannedCell]] = {}
    tuned = [one for one in cells if one.cell.tuned]
    for one in tuned:
        groups.setdefault(_speed(one), []).append(one)
    for one in cells:
        if not one.cell.tuned:
            like = [group for group in groups.values() if group[0].start == one.start]
            (like[0] if like else groups.setdefault(one.start, [])).append(one)
    return list(groups.values())


def _speed(one: PlannedCell) -> str:
    tuning = one.cell.recipe.tuning.model_dump(mode="json", include=SPEED)
    return identity_of(one.start, tuning)


def _estimated(
    group: Sequence[PlannedCell], cells: Sequence[PlannedCell], folder: GridFolder
) -> dict[str, Estimate]:
    known = _known(group[0], cells, folder)
    needs = any(one.cell.tuned for one in group) and known.token_s is None
    if needs or known.before_s is None:
        say(f"Measuring for {', '.join(one.id for one in group[:3])} and others like it ...")
    works = {one.id: one.work for one in group}
    return in_own_process(estimate_group, GroupWork(works, known))


def _known(like: PlannedCell, cells: Sequence[PlannedCell], folder: GridFolder) -> Known:
    """What cells that are done tell of one of their kind."""
    before, after, tuned, peaks = [], [], [], []
    for one in cells:
        place = folder.cell(one.id)
        done = done_cell(place, one.work.identity)
        if done is None or one.start != like.start:
            continue
        seconds = done["seconds"]
        before += [seconds["before"]] if "before" in seconds else []
        if one.cell.tuned and _speed(one) == _speed(like) and not done["resumed"]:
            after += [seconds["after"]]
            peaks.append(done["peak_memory_bytes"])
            # Its scores stand without the adapter, which may have been deleted to make room.
            if (run := _tokens_run(place)) is not None:
                tuned += [(seconds["tune"], run)]
    tokens = sum(run for _, run in tuned)
    return Known(
        max(before, default=None),
        sum(after) / len(after) if after else None,
        sum(took for took, _ in tuned) / tokens if tokens else None,
        max(peaks, default=None),
    )


def _tokens_run(place: Path) -> int | None:
    summary = RunFolder(place).adapter / SUMMARY
    if not summary.is_file():
        return None
    return int(json.loads(summary.read_text(encoding="utf-8"))["tokens_run"])


def _share_starts(
    cells: Sequence[PlannedCell], rows: dict[str, dict[str, Any]], folder: GridFolder
) -> None:
    """Count what a model answers before tuning once: with the first cell that needs it."""
    asked = {one.start for one in cells if (one.work.start / "before.json").is_file()}
    for one in cells:
        row = rows[one.id]
        if row["wall_s"] is None or "before" not in row["seconds"]:
            continue
        if one.start in asked:
            row["seconds"] = {n: s for n, s in row["seconds"].items() if n != "before"}
        asked.add(one.start)
        row["wall_s"] = round(sum(row["seconds"].values()), 1)
