"""Checkpoints that can be trusted: each is sealed with the hashes of its files once it is whole."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from chemtune.errors import ChemtuneError
from chemtune.files import write_json
from chemtune.progress import say

SEAL = "sha256.json"
NO_ROOM = 16 * 2**20


class SealCheckpoints(TrainerCallback):
    """Seals each checkpoint after it was written, so that a damaged one is known."""

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Write the seal of the checkpoint that was just saved."""
        if state.is_world_process_zero:
            seal(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}")


def seal(checkpoint: Path) -> None:
    """Write the hashes of a checkpoint's files beside them."""
    write_json(checkpoint / SEAL, _hashes(checkpoint))


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint in `folder` that is whole, or None.

    One that a crash or a full disk cut off has no seal and is passed over; one whose files are no
    longer what was sealed is passed over too, and that is said.
    """
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=step_of, reverse=True):
        if not (checkpoint / SEAL).is_file():
            continue
        changed = _changed(checkpoint)
        if not changed:
            return checkpoint
        say(f"{checkpoint} is damaged ({', '.join(changed)}): an earlier one is taken")
    return None


def clear_after(folder: Path, checkpoint: Path | None) -> None:
    """Remove what is newer than `checkpoint`: parts of checkpoints, and damaged ones."""
    reached = step_of(checkpoint) if checkpoint else -1
    for other in folder.glob("checkpoint-*"):
        if step_of(other) > reached:
            shutil.rmtree(other, ignore_errors=True)


@contextmanager
def full_disk_told(folder: Path) -> Iterator[None]:
    """Tell of a disk that is full; torch's own error speaks of positions in a file alone.

    Raises:
        ChemtuneError: Something failed, and there is no room left for a checkpoint in `folder`.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        if shutil.disk_usage(folder).free > NO_ROOM:
            raise
        raise ChemtuneError(
            f"{folder}: the disk is full and a checkpoint could not be written; the one before it "
            "is kept. Make room, then run again to go on"
        ) from error


def step_of(checkpoint: Path) -> int:
    """Return the step after which a checkpoint was written."""
    return int(checkpoint.name.rpartition("-")[2])


def _changed(checkpoint: Path) -> list[str]:
    try:
        sealed = json.loads((checkpoint / SEAL).read_text(encoding="utf-8"))
    except ValueError:
        return [SEAL]
    found = _hashes(checkpoint)
    return sorted(name for name in sealed if found.get(name) != sealed[name])


def _hashes(checkpoint: Path) -> dict[str, str]:
    hashes = {}
    for path in sorted(checkpoint.rglob("*")):
        if path.is_file() and path.name != SEAL:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            hashes[str(path.relative_to(checkpoint))] = digest
    return hashes
