from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from chemtune.tuning.batches import (
    IGNORED,
    LengthGroupedBatches,
    collate,
    padded_passes,
)
from chemtune.tuning.encode import Encoded

lengths_of_examples = st.lists(st.integers(2, 60), min_size=1, max_size=40)


def encoded(length: int, start: int = 1) -> Encoded:
    return Encoded(f"e{length}", list(range(10, 10 + length)), start)


@given(lengths_of_examples, st.integers(1, 9), st.integers(0, 5))
def test_an_epoch_holds_every_example_once(lengths: list[int], size: int, epoch: int) -> None:
    batches = LengthGroupedBatches(lengths, size, seed=1)
    batches.set_epoch(epoch)
    found = list(batches)
    assert sorted(i for batch in found for i in batch) == list(range(len(lengths)))
    assert len(found) == len(batches)
    assert max(len(batch) for batch in found) <= size


def test_the_order_follows_from_seed_and_epoch_alone() -> None:
    lengths = [(7 * i) % 31 for i in range(40)]
    first, again = LengthGroupedBatches(lengths, 4, 3), LengthGroupedBatches(lengths, 4, 3)
    list(first)  # a pass over it changes nothing
    assert list(first) == list(again)
    again.set_epoch(1)
    assert list(first) != list(again)
    assert list(first) != list(LengthGroupedBatches(lengths, 4, 4))


def test_batches_pad_less_than_batches_in_random_order() -> None:
    lengths = torch.randint(10, 500, (256,), generator=torch.Generator().manual_seed(0)).tolist()

    def padding(batches: list[list[int]]) -> int:
        return sum(
            max(lengths[i] for i in b) * len(b) - sum(lengths[i] for i in b) for b in batches
        )

    grouped = padding(list(LengthGroupedBatches(lengths, 8, 0)))
    unsorted = padding([list(range(i, i + 8)) for i in range(0, 256, 8)])
    assert grouped < 0.3 * unsorted


@given(lengths_of_examples, st.integers(8, 200))
def test_passes_hold_all_labels_within_the_bound(lengths: list[int], bound: int) -> None:
    examples = [encoded(n, start=n // 2) for n in lengths]
    parts = list(padded_passes(examples, bound, pad_id=0))
    for part in parts:
        rows, width = part["input_ids"].shape
        assert rows * width <= bound or rows == 1
    labels = torch.cat([part["labels"][part["labels"] != IGNORED] for part in parts])
    assert sorted(labels.tolist()) == sorted(t for e in examples for t in e.ids[e.answer_start :])
    # By length: no pass holds an example that is shorter than one of an earlier pass.
    widths = [part["input_ids"].shape[1] for part in parts]
    assert widths == sorted(widths)


def test_collate_pads_on_the_right_and_masks_the_prompt() -> None:
    batch = collate([encoded(3, start=1), encoded(5, start=3)], pad_id=99)
    # Rows are as wide as the grid has it.
    ids, labels = (batch[name].tolist() for name in ("input_ids", "labels"))
    assert ids == [[10, 11, 12] + [99] * 29, [10, 11, 12, 13, 14] + [99] * 27]
    blank = [IGNORED] * 27
    assert labels == [
        [IGNORED, 11, 12, IGNORED, IGNORED, *blank],
        [IGNORED, IGNORED, IGNORED, 13, 14, *blank],
    ]
