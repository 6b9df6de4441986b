"""Sizes of tensors on a grid, so that few different ones are met."""

from __future__ import annotations

# Sizes are rounded up to multiples of this. A processor's bfloat16 products are compiled for each
# size that they meet and kept for good: some 20 MB for a pass of a length that was not there yet.
GRID = 32


def on_grid(size: int, grid: int = GRID) -> int:
    """Return the least multiple of `grid` that is no less than `size`."""
    return -(-size // grid) * grid
