"""Batches: examples of like length for a step, stages, and passes that bound a step's memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch.utils.data import Sampler

from chemtune.models.sizes import on_grid
from chemtune.tuning.encode import Encoded

IGNORED = -100
# Lengths are sorted within this many batches, so that a step mixes what an epoch's order brings
# near and still pads little.
BATCHES_SORTED_TOGETHER = 8


class EpochBatches(Protocol):
    """Indices of each step's examples, in an order of its epoch.

    Attributes:
        tokens_run: The tokens that an epoch runs, those that examples share once.
    """

    tokens_run: int

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of epoch `epoch`, from 0."""

    def __len__(self) -> int:
        """The number of steps of an epoch."""

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the epoch's batches."""


class LengthGroupedBatches(Sampler[list[int]]):
    """Batches of indices of like length, in an order that follows from seed and epoch alone.

    So a run that is resumed within an epoch meets the same batches as one that was not interrupted.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        """Group `lengths` (tokens of each example) into batches of `batch_size` examples."""
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0
        self.tokens_run = sum(lengths)
        # accelerate asks batch samplers for it; a last batch that is smaller is kept.
        self.drop_last = False

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of epoch `epoch`, from 0."""
        self.epoch = epoch

    def __len__(self) -> int:
        """The number of batches of an epoch."""
        return -(-len(self.lengths) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the batches of the current epoch."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(len(self.lengths), generator=generator).tolist()
        stretch = self.batch_size * BATCHES_SORTED_TOGETHER
        batches: list[list[int]] = []
        for start in range(0, len(order), stretch):
            near = sorted(order[start : start + stretch], key=lambda i: self.lengths[i])
            batches += [near[i : i + self.batch_size] for i in range(0, len(near), self.batch_size)]
        for index in torch.randperm(len(batches), generator=generator).tolist():
            yield batches[index]


class StagedBatches(Sampler[list[int]]):
    """The batches of one stage after those of another; no step holds examples of two."""

    def __init__(self, stages: Sequence[tuple[Sequence[int], EpochBatches]]) -> None:
        """Take of each stage its examples' indices, and batches of these as counted from 0."""
        self.stages = list(stages)
        self.tokens_run = sum(batches.tokens_run for _, batches in self.stages)
        self.drop_last = False

    def set_epoch(self, epoch: int) -> None:
        """Choose the order within each stage for epoch `epoch`, from 0."""
        for _, batches in self.stages:
            batches.set_epoch(epoch)

    def __len__(self) -> int:
        """The number of batches of an epoch."""
        return sum(len(batches) for _, batches in self.stages)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the batches of the current epoch."""
        for members, batches in self.stages:
            for batch in batches:
                yield [members[i] for i in batch]


def collate(examples: Sequence[Encoded], pad_id: int) -> dict[str, torch.Tensor]:
    """Return a batch, padded on the right.

    Returns:
        `input_ids`, (examples, tokens); `labels`, the same shape, with `IGNORED` wherever the token
        is not learned. No attention mask: under causal attention what stands before the padding
        cannot see it, so the result is the same without one, and faster.
    """
    width = on_grid(max(len(example.ids) for example in examples))
    ids = torch.full((len(examples), width), pad_id)
    labels = torch.full((len(examples), width), IGNORED)
    for row, example in enumerate(examples):
        tokens = torch.tensor(example.ids)
        ids[row, : len(tokens)] = tokens
        labels[row, example.answer_start : len(tokens)] = tokens[example.answer_start :]
    return {"input_ids": ids, "labels": labels}


def padded_passes(
    examples: Sequence[Encoded], tokens_per_pass: int, pad_id: int
) -> Iterator[dict[str, torch.Tensor]]:
    """Yield passes over `examples`, each of at most `tokens_per_pass` padded tokens (one at least).

    Examples are taken by length, so that little is padded; see `collate` for what is yielded.
    """
    together: list[Encoded] = []
    for example in sorted(examples, key=lambda example: len(example.ids)):
        if together and on_grid(len(example.ids)) * (len(together) + 1) > tokens_per_pass:
            yield collate(together, pad_id)
            together = []
        together.append(example)
    if together:
        yield collate(together, pad_id)
