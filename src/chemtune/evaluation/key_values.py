"""Keys and values of a batch that decodes, written in place instead of copied at every token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import Cache, DynamicCache, DynamicLayer


class RoomyLayer(DynamicLayer):
    """A layer's keys and values, (rows, heads, room, size), of which the first columns are filled.

    transformers' own layer concatenates at every token, which copies all that is there.
    """

    def __init__(self, keys: torch.Tensor, values: torch.Tensor, filled: int) -> None:
        """Take over both tensors, of which the first `filled` columns hold something."""
        super().__init__()
        self.lazy_initialization(keys, values)
        self._set(keys, values, filled)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the new columns, and return all that are filled."""
        start, end = self.filled, self.filled + key_states.shape[-2]
        self._all_keys[:, :, start:end] = key_states
        self._all_values[:, :, start:end] = value_states
        self._set(self._all_keys, self._all_values, end)
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keep these rows alone."""
        self._set(self._all_keys[indices], self._all_values[indices], self.filled)

    def _set(self, keys: torch.Tensor, values: torch.Tensor, filled: int) -> None:
        self._all_keys, self._all_values, self.filled = keys, values, filled
        self.keys, self.values = keys[:, :, :filled], values[:, :, :filled]


def gathered(caches: Sequence[DynamicCache], width: int, room: int) -> Cache:
    """Return one cache of all prompts, a row each, padded on the left to `width` columns.

    Args:
        caches: Of one prompt each; they are emptied, a layer at a time, to save memory.
        width: Columns of the longest prompt.
        room: Columns to leave for the answers.
    """
    layers = []
    for at in range(len(caches[0].layers)):
        keys, values = (
            [getattr(cache.layers[at], name) for cache in caches] for name in ("keys", "values")
        )
        layers.append(
            RoomyLayer(_side_by_side(keys, width, room), _side_by_side(values, width, room), width)
        )
        for cache in caches:
            cache.layers[at].reset()
    return Cache(layers=layers)


def keep_rows(cache: Cache, rows: torch.Tensor) -> None:
    """Keep these rows of `cache` alone."""
    for layer in cache.layers:
        layer.batch_select_indices(rows)


def _side_by_side(parts: list[torch.Tensor], width: int, room: int) -> torch.Tensor:
    _, heads, _, size = parts[0].shape
    # What is not filled yet is not seen, but must be a number: 0 times nan is nan.
    whole = parts[0].new_zeros(len(parts), heads, width + room, size)
    for row, part in enumerate(parts):
        whole[row, :, width - part.shape[2] : width] = part[0]
    return whole
