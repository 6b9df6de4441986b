"""The operations of a tuning, against what torch counts of one that is run."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from chemtune.experiment.doctor.operations import operations_of
from chemtune.tuning.adapter import with_adapter


@pytest.mark.parametrize("last_layers", [None, 4, "full"])
def test_operations_are_those_of_the_products(last_layers) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=500,
        hidden_size=64,
        intermediate_size=160,
        num_hidden_layers=12,
        num_attention_heads=4,
    )
    model = LlamaForCausalLM(config)
    if last_layers != "full":
        model = with_adapter(
            model,
            rank=1,
            alpha=1,
            dropout=0.0,
            targets="all-linear",
            base_name="tiny",
            last_layers=last_layers,
        )
    ids = torch.randint(0, 500, (1, 48))
    with FlopCounterMode(display=False) as counter:
        model(input_ids=ids).logits.sum().backward()
    products = sum(
        count
        for operation, count in counter.get_flop_counts()["Global"].items()
        if "attention" not in str(operation) and "bmm" not in str(operation)
    )
    # The adapter of rank 1 is in the count, and the first layer's input needs no gradient.
    assert operations_of(model, 48, 48) == pytest.approx(products, rel=0.08)
