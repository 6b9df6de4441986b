"""Attention of short texts in bfloat16 on a processor, as plain matrix products.

torch's attention on processors keeps no scores, and computes them again for the gradient, block by
block, which pays for texts of thousands of tokens. For hundreds, products over all heads at once
are faster in bfloat16 (`benchmarks/attention.py`), and the scores are small enough to keep.
"""

from __future__ import annotations

from typing import Any

import torch

from chemtune.models.sizes import on_grid

# Scores of a head that are kept; a text of 724 tokens has as many.
MOST_SCORES = 2**19


def suits(query: torch.Tensor, key: torch.Tensor) -> bool:
    """Whether `short_attention` is the faster one: bfloat16, on a processor, and short."""
    return (
        query.device.type == "cpu"
        and query.dtype == torch.bfloat16
        and query.shape[2] * key.shape[2] <= MOST_SCORES
    )


def short_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    seen: torch.Tensor | None,
    scaling: float,
) -> torch.Tensor:
    """Return softmax(scaling * query key^T) value, the softmax over what is seen.

    Args:
        query: (rows, query heads, queries, size).
        key: (rows, key heads, keys, size); each serves as many query heads as there are to one.
        value: As `key`.
        seen: (queries, keys), true where a key is seen; None is causal, queries as many as keys.
        scaling: Of the scores.

    Returns:
        (rows, query heads, queries, size).
    """
    out: torch.Tensor = _Attention.apply(query, key, value, seen, scaling)  # type: ignore[no-untyped-call]
    return out


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        seen: torch.Tensor | None,
        scaling: float,
    ) -> torch.Tensor:
        rows, heads, queries, size = query.shape
        groups, keys = key.shape[1:3]
        if seen is None:
            seen = torch.ones(queries, keys, dtype=torch.bool).tril()
        query, key, value = (_rounded(states) for states in (query, key, value))
        seen = _rounded_mask(seen, query.shape[2], key.shape[2])
        # All queries of a key's head, of one query head after another.
        grouped = query.reshape(rows, groups, -1, size) * scaling
        scores = (grouped @ key.transpose(2, 3)).view(rows, heads, *seen.shape)
        # Adding is several times as fast as filling by a mask, and 0 and -inf add exactly.
        scores += torch.zeros(seen.shape, dtype=query.dtype).masked_fill_(~seen, float("-inf"))
        weights = torch.softmax(scores, dim=-1).view(rows, groups, -1, len(seen[0]))
        out = weights @ value
        ctx.save_for_backward(grouped, key, value, weights, out)
        ctx.scaling, ctx.queries, ctx.keys = scaling, queries, keys
        return out.view_as(query)[:, :, :queries]

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[Any, ...]:
        grouped, key, value, weights, out = ctx.saved_tensors
        flat = _rounded(gradients[0])
        shape = flat.shape
        flat = flat.reshape(out.shape)
        of_value = weights.transpose(2, 3) @ flat
        # The softmax's gradient: weights * (of_weights - sum(weights * of_weights)), and that sum
        # is the product of the output with its gradient (Dao et al., 2022, section 3.1).
        of_scores = flat @ value.transpose(2, 3)
        of_scores -= (flat.float() * out.float()).sum(-1, keepdim=True).to(flat.dtype)
        of_scores *= weights
        of_query = (of_scores @ key) * ctx.scaling
        of_key = of_scores.transpose(2, 3) @ grouped
        return (
            of_query.view(shape)[:, :, : ctx.queries],
            of_key[:, :, : ctx.keys],
            of_value[:, :, : ctx.keys],
            None,
            None,
        )


def _rounded(states: torch.Tensor) -> torch.Tensor:
    """Fill the tokens of `states`, (rows, heads, tokens, size), up to the grid with zeros."""
    more = on_grid(states.shape[2]) - states.shape[2]
    return torch.nn.functional.pad(states, (0, 0, 0, more)) if more else states


def _rounded_mask(seen: torch.Tensor, queries: int, keys: int) -> torch.Tensor:
    """Fill a mask: no added key is seen; added queries, which do not count, see the first key."""
    filled = torch.zeros(queries, keys, dtype=torch.bool)
    filled[: seen.shape[0], : seen.shape[1]] = seen
    filled[seen.shape[0] :, 0] = True
    return filled
