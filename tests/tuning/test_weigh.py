"""What a label token weighs, by the gradients of an epoch's steps."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, TrainingArguments

from chemtune.tuning.batches import LengthGroupedBatches, collate, padded_passes
from chemtune.tuning.encode import Encoded
from chemtune.tuning.fit import mean_labels
from chemtune.tuning.loss import label_loss
from chemtune.tuning.trainer import LabelRowTrainer, laid_out

EXAMPLES = [
    Encoded("long", list(range(3, 43)), 5),
    Encoded("short", list(range(50, 62)), 11),
    Encoded("middle", list(range(70, 90)), 12),
]
NAME = "model.layers.0.mlp.up_proj.weight"


def gradient_of_steps(model, tmp_path: Path, labels_per_step: float | None) -> torch.Tensor:
    passes = partial(padded_passes, tokens_per_pass=100, pad_id=0)
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True, report_to="none")
    trainer = LabelRowTrainer(
        model=model,
        args=arguments,
        train=EXAMPLES,
        batches=LengthGroupedBatches([len(example.ids) for example in EXAMPLES], 1, 0),
        passes=passes,
        labels_per_step=labels_per_step,
    )
    model.zero_grad()
    for example in EXAMPLES:
        loss = trainer.training_step(model, laid_out([example], passes))
        batch = collate([example], 0)
        with torch.no_grad():
            mean = label_loss(model, **batch) / example.label_count
        assert loss.item() == pytest.approx(mean.item(), rel=1e-5)
    return model.get_parameter(NAME).grad.clone()


def test_by_epoch_steps_of_one_add_up_to_the_whole_batch(tiny_model: Path, tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    steps = gradient_of_steps(model, tmp_path, mean_labels(EXAMPLES, 3))
    by_step = gradient_of_steps(model, tmp_path, None)
    model.zero_grad()
    count = sum(example.label_count for example in EXAMPLES)
    (label_loss(model, **collate(EXAMPLES, 0)) / count).backward()
    whole = model.get_parameter(NAME).grad
    torch.testing.assert_close(steps / len(EXAMPLES), whole, rtol=1e-4, atol=1e-6)
    assert not torch.allclose(by_step / len(EXAMPLES), whole, rtol=1e-2)
