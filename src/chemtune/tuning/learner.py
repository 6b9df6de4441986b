"""What learns: an adapter on a frozen model, or the model itself."""

from __future__ import annotations

from typing import Any

from chemtune.recipe.schema import Tuning
from chemtune.tuning.adapter import with_adapter


def learner(model: Any, settings: Tuning, base_name: str) -> Any:
    """Return `model` with what is to learn requiring a gradient, in float32.

    Args:
        model: A causal language model of transformers.
        settings: Of the recipe: the method, and the adapter's.
        base_name: What an adapter's configuration names as its base model.

    Raises:
        InputError: The model lacks what the settings name.
    """
    if settings.method == "full":
        for parameter in model.parameters():
            parameter.requires_grad_(True)
        return model
    lora = settings.lora
    return with_adapter(
        model,
        rank=lora.rank,
        alpha=lora.alpha,
        dropout=lora.dropout,
        targets=lora.targets,
        last_layers=lora.last_layers,
        rank_stabilized=lora.rank_stabilized,
        dora=lora.dora,
        base_name=base_name,
    )
