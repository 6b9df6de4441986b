"""Attention of short texts: ours beside torch's, a call's time in milliseconds.

First with its gradient, as in tuning; then a pass of scoring without one: sixty questions in a row,
behind so many tokens that were kept, each attended by itself or those of like size at once.

Run: python benchmarks/attention.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from chemtune.models.segments import Segment
from chemtune.models.short_attention import short_attention
from chemtune.models.tree_attention import tree_attention

# Rows, queries and keys: four examples of 320 tokens, a document of 250, a task of it.
SHAPES = ((4, 320, 320), (1, 250, 250), (1, 70, 320))
KEPT = (17, 500)
QUESTIONS, TOKENS = 60, (40, 100)
HEADS, KEY_HEADS, SIZE, CALLS = 9, 3, 64, 20


def ms(call: Callable[[], object]) -> float:
    call()
    started = time.perf_counter()
    for _ in range(CALLS):
        call()
    return 1000 * (time.perf_counter() - started) / CALLS


def states(rows: int, heads: int, tokens: int, dtype: torch.dtype) -> torch.Tensor:
    # As a model has them: the heads of a token beside each other.
    return torch.randn(rows, tokens, heads, SIZE, dtype=dtype).transpose(1, 2).requires_grad_()


Attention = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]


def theirs(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    return torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=mask is None, enable_gqa=True
    )


def ours(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None
) -> torch.Tensor:
    return short_attention(query, key, value, mask, SIZE**-0.5)


def with_gradient(
    attention: Attention, rows: int, queries: int, keys: int, dtype: torch.dtype
) -> float:
    query = states(rows, HEADS, queries, dtype)
    key, value = (states(rows, KEY_HEADS, keys, dtype) for _ in range(2))
    seen = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)
    mask = None if queries == keys else seen
    gradient = torch.randn_like(query)
    return ms(
        lambda: torch.autograd.grad(
            attention(query, key, value, mask), (query, key, value), gradient
        )
    )


def scoring(kept: int, dtype: torch.dtype) -> tuple[float, float]:
    """Return what a pass takes segment by segment, and in groups."""
    ends = torch.randint(*TOKENS, (QUESTIONS,), generator=torch.Generator().manual_seed(0)).cumsum(
        0
    )
    starts = [0, *ends[:-1].tolist()]
    segments = [Segment(a, b, (a, a)) for a, b in zip(starts, ends.tolist(), strict=True)]
    row = int(ends[-1])
    query = states(1, HEADS, row, dtype)
    key, value = (states(1, KEY_HEADS, kept + row, dtype) for _ in range(2))
    module = torch.nn.Module()

    def attend() -> object:
        # The first one needs no gradient either, so it keeps nothing for one.
        inputs = (query.detach(), key.detach(), value.detach())
        return tree_attention(module, *inputs, None, segments=segments)

    singly = ms(attend)
    with torch.inference_mode():
        return singly, ms(attend)


def main() -> None:
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, ms with gradient")
    for rows, queries, keys in SHAPES:
        for dtype in (torch.float32, torch.bfloat16):
            one, other = (with_gradient(f, rows, queries, keys, dtype) for f in (theirs, ours))
            name = str(dtype).removeprefix("torch.")
            shape = f"{rows} x {queries} of {keys}"
            print(f"{shape:16} {name:9} torch {one:6.2f}  ours {other:6.2f}  {one / other:.2f} x")
    for kept in KEPT:
        one, other = scoring(kept, torch.bfloat16)
        shape = f"{QUESTIONS} behind {kept}"
        print(
            f"{shape:16} bfloat16  singly {one:6.2f}  in groups {other:6.2f}  {one / other:.2f} x"
        )


if __name__ == "__main__":
    main()
