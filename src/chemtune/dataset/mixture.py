"""The mixture: how many examples of each task an epoch holds, and which ones."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from chemtune.dataset.example import Example


def mixed(examples: Sequence[Example], counts: Mapping[str, int] | None) -> list[Example]:
    """Return so many examples of each task.

    Args:
        examples: The examples of a split.
        counts: By task. Where there are fewer examples, all come as often as the count holds them,
            and those with the smallest hashes once more: the same ones in every run. A task that is
            not named is left out. None takes every example once.
    """
    if counts is None:
        return list(examples)
    chosen = []
    for task, count in counts.items():
        of_task = [example for example in examples if example.task == task]
        if of_task:
            whole, part = divmod(count, len(of_task))
            chosen += of_task * whole + sorted(of_task, key=_hash)[:part]
    return chosen


def counts_of(examples: Sequence[Example]) -> dict[str, int]:
    """Return the number of examples of each task."""
    return dict(Counter(example.task for example in examples))


def by_times(there: Mapping[str, int], times: Mapping[str, float]) -> dict[str, int]:
    """Return counts with each example so many times: 0.5 is half of them."""
    return {task: round(number * there.get(task, 0)) for task, number in times.items()}


def by_count(there: Mapping[str, int], wanted: Mapping[str, int]) -> dict[str, int]:
    """Return the counts that are wanted, at most what is there."""
    return {task: min(number, there.get(task, 0)) for task, number in wanted.items()}


def by_share(
    there: Mapping[str, int], shares: Mapping[str, float], total: int | None = None
) -> dict[str, int]:
    """Return counts in proportion to `shares`, which need not add up to 1.

    Args:
        there: The examples of each task.
        shares: Of the tasks that are taken. One without an example gets none, and its share goes to
            the others.
        total: The sum of the counts; None is what there is of these tasks.
    """
    present = {task: share for task, share in shares.items() if there.get(task)}
    wanted = sum(there[task] for task in present) if total is None else total
    whole = sum(present.values())
    exact = {task: wanted * share / whole for task, share in present.items()}
    counts = {task: int(number) for task, number in exact.items()}
    # Largest remainders, so that the counts add up.
    rest = wanted - sum(counts.values()) if present else 0
    for task in sorted(exact, key=lambda task: counts[task] - exact[task])[:rest]:
        counts[task] += 1
    return counts


def by_share_of_tokens(
    tokens: Mapping[str, int],
    there: Mapping[str, int],
    shares: Mapping[str, float],
    total: int | None = None,
) -> dict[str, int]:
    """Return counts whose tokens are in proportion to `shares`, as nearly as whole examples can be.

    Korean takes more tokens than English with most tokenizers, so that equal examples are unequal
    tokens, and the other way round.

    Args:
        tokens: Of all examples of each task together.
        there: The examples of each task.
        shares: Of the tasks that are taken.
        total: Tokens of the epoch; None is what there is of these tasks.
    """
    wanted = by_share(tokens, shares, total)
    means = {task: tokens[task] / there[task] for task in wanted}
    return {task: max(1, round(wanted[task] / means[task])) for task in wanted}


def by_temperature(
    there: Mapping[str, int], temperature: float, total: int | None = None
) -> dict[str, int]:
    """Return counts with shares in proportion to n^(1/T), as in multilingual pretraining.

    T = 1 leaves the shares as they are; the larger T, the more alike they are.
    """
    shares = {task: number ** (1 / temperature) for task, number in there.items()}
    return by_share(there, shares, total)


def _hash(example: Example) -> str:
    return hashlib.sha256(example.id.encode()).hexdigest()
