"""Which wording of a task's instruction a document is put to."""

from __future__ import annotations

import hashlib

from chemtune.tasks.task import Task


def draw_wording(task: Task, document_id: str, seed: int) -> int:
    """Return the number of a wording, drawn uniformly: the same in every run with this seed."""
    count = len(task.instructions)
    if count == 1:
        return 0
    drawn = hashlib.sha256(f"wording {seed} {task.name} {document_id}".encode()).digest()
    return int.from_bytes(drawn[:8]) % count
