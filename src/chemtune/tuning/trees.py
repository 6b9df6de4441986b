"""Trees of tokens: what several examples begin with is the trunk, and is run once for all of them.

A document comes first in its prompts and several tasks share it. Run as one row, the trunk followed
by a branch for each example, every branch sees the trunk and itself, and its positions go on from
the trunk's end; so each token meets the same as in its example alone, and the gradients are equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import Sampler

from chemtune.tuning.batches import IGNORED, on_grid
from chemtune.tuning.encode import Encoded


@dataclass(frozen=True)
class Segment:
    """Consecutive tokens of a row that see themselves, causally, and one earlier piece of the row.

    Attributes:
        start: The first of its columns.
        end: The column after its last.
        trunk: The columns (start, end) of what it continues; empty where it continues nothing.
    """

    start: int
    end: int
    trunk: tuple[int, int]


@dataclass(frozen=True)
class Tree:
    """Examples, and how many tokens they share as their trunk; a lone example has none."""

    examples: tuple[Encoded, ...]
    trunk: int

    @classmethod
    def of(cls, examples: Sequence[Encoded]) -> Tree:
        """Return the tree of `examples` with the longest trunk that they share."""
        return cls(tuple(examples), trunk_length(examples) if len(examples) > 1 else 0)

    @property
    def size(self) -> int:
        """Tokens to run."""
        return self.trunk + sum(len(example.ids) - self.trunk for example in self.examples)


def trunk_length(examples: Sequence[Encoded]) -> int:
    """Return how many tokens all `examples` begin with, of those that no label follows directly.

    The token before an answer stands in the branch, since what it predicts is the branch's own.
    """
    first, *others = examples
    length = min(example.answer_start for example in examples) - 1
    for other in others:
        length = next((i for i in range(length) if first.ids[i] != other.ids[i]), length)
    return max(length, 0)


def grow(examples: Sequence[Encoded], tokens_per_pass: int) -> list[list[int]]:
    """Return the indices of `examples`, parted into trees.

    An example joins a tree where that saves tokens, as long as the tree stays within
    `tokens_per_pass` and keeps at least half of its trunk.
    """
    groups: list[list[int]] = []
    tree = Tree((), 0)
    # Sorted, those that share the most stand side by side.
    for index in sorted(range(len(examples)), key=lambda i: examples[i].ids):
        alone = Tree.of([examples[index]])
        joined = Tree.of([*tree.examples, examples[index]])
        saves = joined.size < tree.size + alone.size
        if groups and saves and joined.size <= tokens_per_pass and joined.trunk >= tree.trunk / 2:
            groups[-1].append(index)
            tree = joined
        else:
            groups.append([index])
            tree = alone
    return groups


class TrunkBatches(Sampler[list[int]]):
    """Batches of whole trees, in an order that follows from seed and epoch alone."""

    def __init__(
        self, examples: Sequence[Encoded], batch_size: int, tokens_per_pass: int, seed: int
    ) -> None:
        """Put trees together until a batch has at least `batch_size` examples.

        An example that `examples` holds several times is in as many trees: it is to be met again,
        not to count double in one step.
        """
        groups = [
            [chosen[i] for i in group]
            for chosen in _occurrences(examples)
            for group in grow([examples[i] for i in chosen], tokens_per_pass)
        ]
        self.seed, self.epoch, self.drop_last = seed, 0, False
        self.tokens_run = sum(Tree.of([examples[i] for i in group]).size for group in groups)
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
        tokens), and `segments`, which tell what each token sees. What rounds up the tokens stands
        in a segment of its own at the end.
    """
    row: list[Tree] = []
    for group in grow(examples, tokens_per_pass):
        tree = Tree.of([examples[i] for i in group])
        if row and sum(t.size for t in row) + tree.size > tokens_per_pass:
            yield _laid_out(row)
            row = []
        row.append(tree)
    if row:
        yield _laid_out(row)


def _laid_out(trees: Sequence[Tree]) -> dict[str, Any]:
    ids: list[int] = []
    labels: list[int] = []
    positions: list[int] = []
    segments: list[Segment] = []

    def lay(tokens: list[int], learned: list[int], first: int, trunk: tuple[int, int]) -> None:
        segments.append(Segment(len(ids), len(ids) + len(tokens), trunk))
        ids.extend(tokens)
        labels.extend(learned)
        positions.extend(range(first, first + len(tokens)))

    for tree in trees:
        start = len(ids)
        trunk = (start, start + tree.trunk)
        if tree.trunk:
            lay(tree.examples[0].ids[: tree.trunk], [IGNORED] * tree.trunk, 0, (start, start))
        for example in tree.examples:
            read = example.answer_start - tree.trunk
            learned = [IGNORED] * read + example.ids[example.answer_start :]
            lay(example.ids[tree.trunk :], learned, tree.trunk, trunk)
    blank = on_grid(len(ids)) - len(ids)
    if blank:
        lay(trees[0].examples[0].ids[:1] * blank, [IGNORED] * blank, 0, (len(ids), len(ids)))
    tensors = {"input_ids": ids, "labels": labels, "position_ids": positions}
    return {name: torch.tensor([row]) for name, row in tensors.items()} | {"segments": segments}
