"""Where a tuning's log goes beside the run's folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from transformers import TrainerCallback
from transformers.integrations import TensorBoardCallback

TENSORBOARD = "tensorboard"


def own_trackers(wanted: Sequence[str], folder: Path, begun: int) -> list[TrainerCallback]:
    """Return the trackers that write to files of the run; the others are left to transformers.

    transformers would keep TensorBoard's files among the checkpoints, which go once all is done.

    Args:
        wanted: Names of trackers.
        folder: Where to write.
        begun: The step that the tuning goes on from; 0 begins anew, without what was there.
    """
    if TENSORBOARD not in wanted:
        return []
    from torch.utils.tensorboard import SummaryWriter

    if begun == 0:
        shutil.rmtree(folder, ignore_errors=True)
    # What an earlier process logged after its last checkpoint is logged again.
    writer = SummaryWriter(str(folder), purge_step=begun + 1 if begun else None)
    return [TensorBoardCallback(writer)]
