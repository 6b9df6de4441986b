"""Attention over trees of tokens: each segment sees its trunk and, causally, itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

from chemtune.errors import InputError, Problem
from chemtune.models.grouped_attention import grouped_attention, suits_groups
from chemtune.models.segments import Segment
from chemtune.models.short_attention import short_attention, suits

NAME = "chemtune_trees"


def can_see_trees(model: Any) -> bool:
    """Whether the model's attention is plain: one that caps its scores is not."""
    return not getattr(model.config.get_text_config(), "attn_logit_softcapping", None)


def see_trees(model: Any) -> None:
    """Let `model` take `segments` with its input; without them it attends as before.

    Raises:
        InputError: The model caps its attention scores, which this attention does not.
    """
    if not can_see_trees(model):
        reason = "'trunks' is not possible with a model that caps its attention scores"
        raise InputError(Problem(reason, field="tuning.batches", remedy="use 'length'"))
    AttentionInterface.register(NAME, tree_attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)


def tree_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    segments: Sequence[Segment] | None = None,
    sliding_window: int | None = None,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Attend within `segments`; an attention function of transformers.

    Args:
        module: The attention layer.
        query: (1, query heads, tokens, size).
        key: (1, key heads, tokens, size); where there are more keys than queries, the first ones
            were kept of tokens that stand before the row, and every segment sees them all.
        value: As `key`.
        attention_mask: Not looked at where there are `segments`.
        scaling: Of the scores; 1 / sqrt(size) by default.
        dropout: Of the weights.
        segments: They cover all tokens, in order.
        sliding_window: A token sees no further back than this many positions, itself included.
        others: For transformers' own function, where there are no `segments`.

    Returns:
        (1, tokens, query heads, size), and no weights.
    """
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    if segments is None:
        causal = attention_mask is None and query.shape[2] == key.shape[2]
        if causal and suits(query, key):
            return _outward(_attend(query, key, value, None, dropout, scale))
        out: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
        return out
    before = key.shape[2] - query.shape[2]
    if not dropout and not torch.is_grad_enabled() and suits_groups(query, key, segments):
        return _outward(grouped_attention(query, key, value, segments, scale, sliding_window))
    pieces = []
    for segment in segments:
        own = query[:, :, segment.start : segment.end]
        columns = [slice(*ends) for ends in segment.columns(before)]
        seen_keys, seen_values = (_taken(states, columns) for states in (key, value))
        mask = _mask(own.shape[2], seen_keys.shape[2], sliding_window, query.device)
        pieces.append(_attend(own, seen_keys, seen_values, mask, dropout, scale))
    return _outward(torch.cat(pieces, dim=2))


def _taken(states: torch.Tensor, columns: Sequence[slice]) -> torch.Tensor:
    pieces = [states[:, :, piece] for piece in columns]
    return torch.cat(pieces, dim=2) if len(pieces) > 1 else pieces[0]


def _attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    dropout: float,
    scale: float,
) -> torch.Tensor:
    if not dropout and suits(query, key):
        return short_attention(query, key, value, mask, scale)
    return torch.nn.functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=mask,
        is_causal=mask is None,
        dropout_p=dropout,
        scale=scale,
        enable_gqa=query.shape[1] != key.shape[1],
    )


def _outward(states: torch.Tensor) -> tuple[torch.Tensor, None]:
    return states.transpose(1, 2).contiguous(), None


def _mask(queries: int, keys: int, window: int | None, device: torch.device) -> torch.Tensor | None:
    """Return (queries, keys), true where a key is seen; None where that is plainly causal."""
    if queries == keys and (window is None or keys <= window):
        return None
    seen = torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)
    return seen if window is None else seen.triu(keys - queries - window + 1)
