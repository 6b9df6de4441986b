"""Completion-only loss, with the vocabulary scored only where there is a label."""

from __future__ import annotations

from typing import Any

import torch

from chemtune.models.sizes import on_grid
from chemtune.tuning.batches import IGNORED

LABEL_GRID = 16
# Positions whose logits are in float32 at a time; without a gradient, no more of them are kept.
TOGETHER = 128


def label_loss(
    model: Any, input_ids: torch.Tensor, labels: torch.Tensor, **layout: Any
) -> torch.Tensor:
    """Return the sum of the cross-entropy over all labels, in float32.

    The output layer is most of a small model's work (49,152 rows for SmolLM2-135M), and only the
    positions before a label need it; `logits_to_keep` as a mask leaves the others out.

    Args:
        model: A causal language model of transformers, with or without an adapter.
        input_ids: (rows, tokens), padded on the right.
        labels: (rows, tokens); `IGNORED` where nothing is learned.
        layout: What the model is told beside, where a row holds several examples.

    Returns:
        A scalar, the sum over the labels; divide it by their number for the mean.
    """
    # The logits at a position predict the next token.
    targets = torch.full_like(labels, IGNORED)
    targets[:, :-1] = labels[:, 1:]
    predicting = targets != IGNORED
    _round_up(predicting)
    logits = model(input_ids=input_ids, logits_to_keep=predicting, use_cache=False, **layout).logits
    wanted_there = targets[predicting]
    parts = zip(torch.split(logits, TOGETHER), torch.split(wanted_there, TOGETHER), strict=True)
    losses = [
        torch.nn.functional.cross_entropy(
            part.float(), wanted, reduction="sum", ignore_index=IGNORED
        )
        for part, wanted in parts
    ]
    return torch.stack(losses).sum()


def _round_up(predicting: torch.Tensor) -> None:
    """Have a few positions more scored, whose scores are ignored, so that sizes recur."""
    wanted = int(predicting.sum())
    more = on_grid(wanted, LABEL_GRID) - wanted
    flat = predicting.view(-1)
    flat[(~flat).nonzero()[:more, 0]] = True
