"""Tuning by trees: tokens that several examples begin with are run once for all of them.

A document comes first in its prompts and several tasks share it: it is the trunk, and each
example's own tokens are a branch. The gradients are those of the examples alone
(`models/forest.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.utils.data import Sampler

from chemtune.models.forest import Tree, grow, lay_out, packed
from chemtune.tuning.batches import IGNORED
from chemtune.tuning.encode import Encoded


def trees_of(examples: Sequence[Encoded], tokens_per_pass: int) -> list[Tree]:
    """Return the trees of `examples`, each of at most `tokens_per_pass` tokens.

    The token before an answer stands in the branch, since what it predicts is the branch's own.
    """
    own_from = [example.answer_start - 1 for example in examples]
    return grow([example.ids for example in examples], own_from, tokens_per_pass)


class TrunkBatches(Sampler[list[int]]):
    """Batches of whole trees, in an order that follows from seed and epoch alone."""

    def __init__(
        self, examples: Sequence[Encoded], batch_size: int, tokens_per_pass: int, seed: int
    ) -> None:
        """Put trees together until a batch has at least `batch_size` examples.

        An example that `examples` holds several times is in as many trees: it is to be met again,
        not to count double in one step.
        """
        grown = [
            ([chosen[i] for i in tree.members], tree.size)
            for chosen in _occurrences(examples)
            for tree in trees_of([examples[i] for i in chosen], tokens_per_pass)
        ]
        groups = [members for members, _ in grown]
        self.seed, self.epoch, self.drop_last = seed, 0, False
        self.tokens_run = sum(size for _, size in grown)
        self.batches: list[list[int]] = [[]]
        generator = torch.Generator().manual_seed(seed)
        for at in torch.randperm(len(groups), generator=generator).tolist():
            if len(self.batches[-1]) >= batch_size:
                self.batches.append([])
            self.batches[-1] += groups[at]

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of epoch `epoch`, from 0."""
        self.epoch = epoch

    def __len__(self) -> int:
        """The number of batches of an epoch."""
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the batches of the current epoch."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        for at in torch.randperm(len(self.batches), generator=generator).tolist():
            yield self.batches[at]


def _occurrences(examples: Sequence[Encoded]) -> list[list[int]]:
    """Return the indices of all first occurrences of an example, of all second ones, and so on."""
    rounds: list[list[int]] = []
    seen: Counter[str] = Counter()
    for index, example in enumerate(examples):
        if seen[example.example] == len(rounds):
            rounds.append([])
        rounds[seen[example.example]].append(index)
        seen[example.example] += 1
    return rounds


def tree_passes(examples: Sequence[Encoded], tokens_per_pass: int) -> Iterator[dict[str, Any]]:
    """Yield passes over `examples`, each of at most `tokens_per_pass` tokens (one tree at least).

    Yields:
        `input_ids`, `labels` (`IGNORED` where nothing is learned) and `position_ids`, each (1,
        tokens), and `segments`, which tell what each token sees.
    """
    sequences = [example.ids for example in examples]
    for trees in packed(trees_of(examples, tokens_per_pass), tokens_per_pass):
        row = lay_out(trees, sequences)
        labels = [IGNORED] * len(row.ids)
        for member, origin in row.origins.items():
            example = examples[member]
            start, end = origin + example.answer_start, origin + len(example.ids)
            labels[start:end] = example.ids[example.answer_start :]
        tensors = {"input_ids": row.ids, "labels": labels, "position_ids": row.positions}
        yield {name: torch.tensor([of_row]) for name, of_row in tensors.items()} | {
            "segments": row.segments
        }
