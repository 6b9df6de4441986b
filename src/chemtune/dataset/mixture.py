"""The mixture: how often an epoch holds the examples of each task."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from chemtune.dataset.example import Example


def mixed(examples: Sequence[Example], repeats: Mapping[str, float] | None) -> list[Example]:
    """Return the examples as often as their task's number says.

    Args:
        examples: The examples of a split.
        repeats: By task. 2 takes each example twice; 0.5 takes half of them, those with the
            smallest hashes, so that it is the same half in every run; 2.5 does both. A task that
            is not named is left out. None takes every example once.
    """
    if repeats is None:
        return list(examples)
    chosen = []
    for task, number in repeats.items():
        of_task = [example for example in examples if example.task == task]
        whole, part = divmod(number, 1)
        chosen += of_task * int(whole)
        chosen += sorted(of_task, key=_hash)[: round(part * len(of_task))]
    return chosen


def _hash(example: Example) -> str:
    return hashlib.sha256(example.id.encode()).hexdigest()
