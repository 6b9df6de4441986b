"""Which layers an adapter adapts."""

from __future__ import annotations

import re

import pytest
import torch
from transformers import AutoModelForCausalLM

from chemtune.errors import InputError
from chemtune.tuning.adapter import with_adapter
from chemtune.tuning.batches import collate
from chemtune.tuning.encode import Encoded
from chemtune.tuning.loss import label_loss

LINEAR = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def adapted(tiny_model, **changes):
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    settings = {"rank": 2, "alpha": 4, "dropout": 0.0, "targets": "all-linear", "base_name": "t"}
    return with_adapter(model, **settings | changes)


def trained(model) -> set[tuple[str, str]]:
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    return {(re.search(r"layers\.(\d+)", n)[1], n.split(".")[-4]) for n in names}


def test_all_layers_are_adapted_by_default(tiny_model) -> None:
    assert trained(adapted(tiny_model)) == {(layer, name) for layer in "01" for name in LINEAR}


def test_only_the_last_layers_where_asked(tiny_model) -> None:
    assert trained(adapted(tiny_model, last_layers=1)) == {("1", name) for name in LINEAR}
    some = adapted(tiny_model, last_layers=1, targets=["q_proj", "up_proj"])
    assert trained(some) == {("1", "q_proj"), ("1", "up_proj")}


def test_the_layers_below_keep_nothing_for_a_gradient(tiny_model) -> None:
    model = adapted(tiny_model, last_layers=1)
    seen = {}
    for index, layer in enumerate(model.base_model.model.model.layers):
        layer.register_forward_hook(
            lambda *of, index=index: seen.update({index: of[2].requires_grad})
        )
    label_loss(model, **collate([Encoded("e", [5, 6, 7, 8], 2)], pad_id=0)).backward()
    assert seen == {0: False, 1: True}


def test_more_layers_than_there_are(tiny_model) -> None:
    with pytest.raises(InputError, match=r"last_layers: 3: the model has 2 layers"):
        adapted(tiny_model, last_layers=3)
