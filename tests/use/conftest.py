"""A run whose tiny model has an adapter that changes what it says; made in a second."""

from __future__ import annotations

from pathlib import Path

import pytest

from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder


@pytest.fixture
def tuned_run(make_run, tiny_model: Path, adapt) -> Path:
    from transformers import AutoModelForCausalLM

    recipe = load_recipe(
        make_run(tuning={"precision": "float32", "max_tokens": 500}, evaluation={"tasks": True})
    )
    folder = RunFolder(recipe.run_folder)
    folder.begin(recipe)
    adapted = adapt(AutoModelForCausalLM.from_pretrained(tiny_model))
    adapted.peft_config["default"].base_model_name_or_path = str(tiny_model.resolve())
    adapted.save_pretrained(folder.adapter)
    return folder.path
