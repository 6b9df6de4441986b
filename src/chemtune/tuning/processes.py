"""Tuning by several processes: who this one is, and what it does of a step.

torchrun starts the processes and tells each by the environment. All of them see the same steps;
each runs its share of a step's examples, and the gradients are summed. So a tuning takes the same
steps with the same examples whatever the number of processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chemtune.tuning.encode import Encoded

Passes = Callable[[Sequence[Encoded]], Iterator[dict[str, Any]]]


def world_size() -> int:
    """Return the number of processes that tune together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Return this process's number, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_main() -> bool:
    """Whether this process is the one that writes files and speaks."""
    return rank() == 0


def wait_for_all() -> None:
    """Wait until every process has come here."""
    if world_size() > 1:
        import torch.distributed

        if torch.distributed.is_initialized():
            torch.distributed.barrier()


def share_of(examples: Sequence[Encoded], number: int, count: int) -> list[Encoded]:
    """Return the share of process `number` of `count` in a step: about as many tokens as others.

    Examples that begin alike stay together where they can: they are sorted, and cut where the
    tokens are even. Nothing is left for some where there are fewer examples than processes.
    """
    if count == 1:
        return list(examples)
    ordered = sorted(examples, key=lambda example: example.ids)
    total = sum(len(example.ids) for example in ordered)
    share, before = [], 0
    for example in ordered:
        # By the middle of the example, so that each belongs to exactly one share.
        middle = before + len(example.ids) / 2
        if number == min(int(middle * count / total), count - 1):
            share.append(example)
        before += len(example.ids)
    return share


def passes_of_share(
    examples: Sequence[Encoded], passes: Passes, *, alike: bool, least: int
) -> list[tuple[dict[str, Any], float]]:
    """Return this process's passes over its share of `examples`, and what each counts: 1 or 0.

    Those that count 0 are run for nothing, where other processes wait for this one.

    Args:
        examples: Of all processes.
        passes: Lays out a share.
        alike: Give every process as many passes as the one with the most has.
        least: Passes to run at least.
    """
    count = world_size()
    shares = [share_of(examples, number, count) for number in range(count)]
    mine = shares[rank()]
    laid = [(part, 1.0) for part in passes(mine)] if mine else []
    if alike and count > 1:
        least = max(sum(1 for _ in passes(share)) for share in shares if share)
    idle = max(least - len(laid), 0)
    shortest = min(examples, key=lambda example: len(example.ids))
    return laid + [(next(passes([shortest])), 0.0)] * idle
