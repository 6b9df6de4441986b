"""LoRA's own arithmetic against PEFT's."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
import torch
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM

from chemtune.models.fused_lora import fuse_lora
from chemtune.tuning.adapter import with_adapter
from chemtune.tuning.batches import collate
from chemtune.tuning.encode import Encoded
from chemtune.tuning.loss import label_loss

BATCH = collate([Encoded("a", list(range(5, 40)), 20), Encoded("b", list(range(50, 62)), 4)], 0)


def loss_and_gradients(model: Any) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    model.zero_grad()
    loss = label_loss(model, **BATCH)
    loss.backward()
    learned = model.named_parameters()
    return loss.detach(), {name: p.grad.clone() for name, p in learned if p.grad is not None}


def with_biases() -> Any:
    torch.manual_seed(0)
    sizes = {"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = Qwen2Config(vocab_size=700, hidden_size=32, intermediate_size=64, **sizes)
    return Qwen2ForCausalLM(config).eval()


@pytest.fixture(params=["llama", "gemma", "biases"])
def model(request: pytest.FixtureRequest, tiny_model: Path, tiny_gemma: Any, adapt: Any) -> Any:
    if request.param == "llama":
        return adapt(AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32))
    return adapt(tiny_gemma if request.param == "gemma" else with_biases())


def test_loss_and_every_gradient_are_pefts(model: Any) -> None:
    expected, gradients = loss_and_gradients(model)
    layers = len(model.get_base_model().model.layers)
    assert fuse_lora(model) == 7 * layers
    found, fused = loss_and_gradients(model)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert fused.keys() == gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(fused[name], gradient, rtol=1e-4, atol=1e-5, msg=name)


def test_in_bfloat16_the_gradients_are_no_further_from_the_exact_ones_than_pefts(
    tiny_model: Path, adapt: Any
) -> None:
    exact = loss_and_gradients(adapt(AutoModelForCausalLM.from_pretrained(tiny_model)))[1]
    coarse = adapt(AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.bfloat16))
    assert next(p for n, p in coarse.named_parameters() if "lora_A" in n).dtype == torch.float32

    def distance(gradients: dict[str, torch.Tensor]) -> float:
        parts = [(gradients[name] - exact[name]).norm() / exact[name].norm() for name in exact]
        return float(torch.stack(parts).mean())

    pefts = distance(loss_and_gradients(coarse)[1])
    fuse_lora(coarse)
    assert distance(loss_and_gradients(coarse)[1]) < 1.5 * pefts


def test_without_the_adapter_and_merged_it_is_the_models_own(model: Any) -> None:
    with torch.no_grad(), model.disable_adapter():
        plain = model(BATCH["input_ids"]).logits
    fuse_lora(model)
    with torch.no_grad():
        adapted = model(BATCH["input_ids"]).logits
        with model.disable_adapter():
            torch.testing.assert_close(model(BATCH["input_ids"]).logits, plain)
        model.merge_adapter()
        torch.testing.assert_close(model(BATCH["input_ids"]).logits, adapted, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(adapted, plain, atol=1e-2)


def test_projections_of_another_input_are_not_mistaken(model: Any) -> None:
    attention = model.get_base_model().model.layers[0].self_attn
    one, other = torch.randn(1, 3, 32), torch.randn(1, 3, 32)
    with torch.no_grad():
        expected = attention.q_proj(one), attention.k_proj(other), attention.k_proj(one)
        fuse_lora(model)
        found = attention.q_proj(one), attention.k_proj(other), attention.k_proj(one)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("more", [{"dora": True}, {"dropout": 0.1}])
def test_what_is_more_than_lora_stays_pefts(tiny_model: Path, more: dict[str, Any]) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    settings = {"rank": 2, "alpha": 4, "dropout": 0.0, "targets": "all-linear"} | more
    assert fuse_lora(with_adapter(model, **settings, base_name="b")) == 0


def test_layers_go_with_their_model(tiny_model: Path, adapt: Any) -> None:
    model = adapt(AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32))
    assert fuse_lora(model)
    loss_and_gradients(model)
    weights = [ref(p) for n, p in model.named_parameters() if n.endswith("base_layer.weight")]
    gc.disable()
    try:
        del model
        assert not [one for one in weights if one() is not None]
    finally:
        gc.enable()
