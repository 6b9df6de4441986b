"""Rows are padded on the right without a mask; padding on the left with one is the same."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from chemtune.models.fused_lora import fuse_lora
from chemtune.models.tree_attention import see_trees
from chemtune.tuning.batches import padded_passes
from chemtune.tuning.encode import Encoded
from chemtune.tuning.loss import label_loss

LENGTHS = (33, 21, 12)


def gradients(model: Any) -> dict[str, torch.Tensor]:
    found = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    return found


def left_padded_loss(model: Any, examples: list[Encoded], pad: int) -> torch.Tensor:
    """The loss as other trainers have it of rows that are padded on the left, with a mask."""
    width = max(len(one.ids) for one in examples)
    ids = torch.full((len(examples), width), pad)
    labels = torch.full((len(examples), width), -100)
    mask = torch.zeros(len(examples), width, dtype=torch.long)
    for row, one in enumerate(examples):
        ids[row, width - len(one.ids) :] = torch.tensor(one.ids)
        mask[row, width - len(one.ids) :] = 1
        learned = one.ids[one.answer_start :]
        labels[row, width - len(learned) :] = torch.tensor(learned)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    logits = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), reduction="sum"
    )


@pytest.mark.parametrize("family", ["llama", "gemma"])
def test_loss_and_gradients_are_those_of_left_padding(
    family: str, tiny_model: Any, tiny_gemma: Any, adapt: Any
) -> None:
    from transformers import AutoModelForCausalLM

    # Grouped queries and tied embeddings both; Gemma's layers see nine positions, or all.
    base = tiny_gemma if family == "gemma" else AutoModelForCausalLM.from_pretrained(tiny_model)
    model = adapt(base)
    generator = torch.Generator().manual_seed(0)
    examples = [
        Encoded(str(n), torch.randint(3, 700, (n,), generator=generator).tolist(), n - 5)
        for n in LENGTHS
    ]
    wanted = left_padded_loss(model, examples, pad=0)
    wanted.backward()
    expected = gradients(model)
    assert any(float(g.abs().max()) > 1e-3 for g in expected.values())

    fuse_lora(model)
    see_trees(model)
    total = 0.0
    for part in padded_passes(examples, 200, pad_id=0):
        loss = label_loss(model, **part)
        loss.backward()
        total += float(loss.detach())
    assert total == pytest.approx(float(wanted.detach()), rel=1e-5)
    found = gradients(model)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-5)
