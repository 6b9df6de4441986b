"""Completion-only loss, with the vocabulary scored only where there is a label."""

from __future__ import annotations

from typing import Any

import torch

from chemtune.tuning.batches import IGNORED


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
    following = labels[:, 1:]
    predicting = torch.zeros_like(labels, dtype=torch.bool)
    predicting[:, :-1] = following != IGNORED
    logits = model(input_ids=input_ids, logits_to_keep=predicting, use_cache=False, **layout).logits
    targets = following[following != IGNORED]
    return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")
