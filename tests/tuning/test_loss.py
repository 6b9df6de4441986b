"""The loss of a batch, against transformers' own loss one example at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from chemtune.tuning.batches import IGNORED, collate, padded_passes
from chemtune.tuning.encode import Encoded
from chemtune.tuning.loss import label_loss


@pytest.fixture
def adapted(tiny_model: Path, adapt):
    return adapt(AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32))


@pytest.fixture
def examples() -> list[Encoded]:
    generator = torch.Generator().manual_seed(2)

    def tokens(count: int) -> list[int]:
        return torch.randint(3, 600, (count,), generator=generator).tolist()

    shapes = [(30, 20), (12, 1), (41, 40), (25, 12), (26, 13)]
    return [Encoded(f"e{i}", tokens(n), start) for i, (n, start) in enumerate(shapes)]


def naive(model, examples: list[Encoded]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Full logits, one example at a time, transformers' own loss: the sum over labels."""
    model.zero_grad()
    total = torch.zeros(())
    for example in examples:
        ids = torch.tensor([example.ids])
        labels = ids.clone()
        labels[0, : example.answer_start] = IGNORED
        loss = model(input_ids=ids, labels=labels).loss * example.label_count
        loss.backward()
        total += loss.detach()
    return total, gradients(model)


def gradients(model) -> dict[str, torch.Tensor]:
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("tokens_per_pass", [1, 60, 100_000])
def test_loss_and_every_gradient_equal_one_at_a_time(
    adapted, examples: list[Encoded], tokens_per_pass: int
) -> None:
    expected, expected_gradients = naive(adapted, examples)
    adapted.zero_grad()
    total = torch.zeros(())
    for part in padded_passes(examples, tokens_per_pass, pad_id=0):
        loss = label_loss(adapted, part["input_ids"], part["labels"])
        loss.backward()
        total += loss.detach()
    torch.testing.assert_close(total, expected, rtol=1e-5, atol=1e-5)
    found = gradients(adapted)
    assert found.keys() == expected_gradients.keys()
    assert all("lora_" in name for name in found)
    for name, gradient in expected_gradients.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-5, atol=1e-5, msg=name)


def test_what_stands_in_the_padding_changes_nothing(adapted, examples: list[Encoded]) -> None:
    losses = []
    for pad_id in (0, 2, 333):
        batch = collate(examples, pad_id=pad_id)
        losses.append(label_loss(adapted, batch["input_ids"], batch["labels"]).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert losses[0] == pytest.approx(losses[2], rel=1e-6)


def test_only_the_adapter_learns(adapted) -> None:
    learned = {name for name, p in adapted.named_parameters() if p.requires_grad}
    assert learned
    assert all("lora_" in name for name in learned)
    projections = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert {name.split(".")[-4] for name in learned} == projections
