"""A run made of the mean of other runs' adapters, to evaluate like any other."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chemtune.errors import InputError, Problem
from chemtune.experiment.results import read_results
from chemtune.files import write_json
from chemtune.recipe.run_folder import RunFolder
from chemtune.tuning.average import average_adapters

AVERAGED = "averaged.json"
BEFORE = "before"


def average(
    runs: Sequence[Path | str], out: Path, *, weights: Sequence[float] | None = None
) -> dict[str, Any]:
    """Make a run whose adapter is the weighted mean of other runs' adapters.

    Recipe and data set are the first run's, and so are the answers before tuning, which are not
    computed again. What it is made of stands in `adapter/averaged.json`.

    Args:
        runs: Folders of runs of one base model. One alone, with a weight below 1, goes back towards
            its base.
        out: The folder of the new run.
        weights: One for each run; equal ones that sum to 1 by default.

    Returns:
        `run`, `rank`, and `parts`: each with `run` and `weight`.

    Raises:
        InputError: A run has no adapter, or one that cannot be averaged with the others; there are
            more or fewer weights than runs; or `out` holds something already.
    """
    shares = list(weights) if weights else [1 / len(runs)] * len(runs)
    if len(shares) != len(runs):
        reason = f"{len(shares)} weights for {len(runs)} runs"
        raise InputError(Problem(reason, field="weights", remedy="give one for each"))
    if out.exists() and any(out.iterdir()):
        raise InputError(Problem("holds something already", out, remedy="name a new folder"))
    folders = [read_results(run).folder for run in runs]
    recipe, first = read_results(runs[0]).recipe, folders[0]
    new = RunFolder(out)
    rank = average_adapters([folder.adapter for folder in folders], shares, new.adapter)
    moved = recipe.in_run_folder(out).model_copy(update={"name": out.name})
    moved._file = recipe._file
    new.begin(moved)
    for name in ("dataset", f"evaluation/{BEFORE}"):
        if (first.path / name).is_dir():
            shutil.copytree(first.path / name, out / name)
    parts = [{"run": str(run), "weight": share} for run, share in zip(runs, shares, strict=True)]
    write_json(new.adapter / AVERAGED, {"parts": parts, "rank": rank})
    return {"run": str(out), "rank": rank, "parts": parts}
