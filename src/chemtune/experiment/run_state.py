"""How far a run is, as its folder tells."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from chemtune.documents.document import SPLITS
from chemtune.experiment.grid_report.cells import FAILED, CellState
from chemtune.experiment.results import SCORES, SUMMARY
from chemtune.experiment.training_curve import Curve
from chemtune.recipe.run_folder import RunFolder

Kind = Literal["begun", "built", "tuning", "stopped", "tuned", "evaluated", "failed"]

# A validation or a checkpoint between two steps may take long.
QUIET_S, QUIET_STEPS = 120.0, 10


@dataclass(frozen=True)
class RunState:
    """How far a run is.

    Attributes:
        kind: "begun" (no data set yet), "built", "tuning" (steps are being logged), "stopped"
            (a tuning that is not done and logs no more), "tuned", "evaluated" or "failed".
        step: The last step of a tuning that is not done.
        steps: How many it is to take, where that is known.
        why: Why it failed.
    """

    kind: Kind
    step: int = 0
    steps: int | None = None
    why: str = ""


def run_state(folder: RunFolder, curve: Curve, cell: CellState | None = None) -> RunState:
    """Return how far a run is.

    Args:
        folder: Its folder.
        curve: Its loss curve.
        cell: What its grid says of it, where it is a cell.
    """
    if folder.checkpoints.is_dir() and _is_newer(folder.tuning_log, folder.adapter / SUMMARY):
        if curve.failed:
            return RunState("failed", curve.step, curve.steps, curve.failed)
        # After its last step it still writes the adapter.
        ended_before = curve.ended is not None and curve.ended < (curve.steps or 0)
        goes_on = not ended_before and _logs_still(folder.tuning_log, curve)
        return RunState("tuning" if goes_on else "stopped", curve.step, curve.steps)
    if cell is not None and cell.state == FAILED:
        return RunState("failed", curve.step, curve.steps, cell.why)
    if (folder.evaluation / SCORES).is_file():
        return RunState("evaluated")
    if (folder.adapter / SUMMARY).is_file():
        return RunState("tuned")
    built = all((folder.dataset / f"{split}.parquet").is_file() for split in SPLITS)
    return RunState("built" if built else "begun")


def _is_newer(log: Path, summary: Path) -> bool:
    """Whether a tuning has logged after the last one that was done, whose summary comes last."""
    if not log.is_file():
        return False
    return not summary.is_file() or log.stat().st_mtime > summary.stat().st_mtime


def _logs_still(log: Path, curve: Curve) -> bool:
    quiet = max(QUIET_S, QUIET_STEPS * (curve.seconds_per_step or 0.0))
    return time.time() - log.stat().st_mtime < quiet
