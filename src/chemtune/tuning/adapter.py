"""The adapter: LoRA on a frozen model, W = W0 + (alpha / rank) B A (Hu et al., 2021)."""

from __future__ import annotations

from typing import Any

from chemtune.errors import InputError, Problem


def with_adapter(
    model: Any,
    *,
    rank: int,
    alpha: float,
    dropout: float,
    targets: str | list[str],
    base_name: str,
    last_layers: int | None = None,
    rank_stabilized: bool = False,
    dora: bool = False,
) -> Any:
    """Return `model`, frozen, with a fresh adapter; its parameters are float32 in any precision.

    Args:
        model: A causal language model of transformers.
        rank: Rows of A and columns of B.
        alpha: The adapter's output is scaled by alpha / rank.
        dropout: Of the adapter's input; the paper uses none.
        targets: Names of linear layers, or "all-linear".
        base_name: What the adapter's configuration names as its base model.
        last_layers: Adapt these alone. The gradient ends at the first of them, so that a step
            saves the backward pass, and the memory, of all layers below.
        rank_stabilized: Scale by alpha / sqrt(rank) instead (Kalajdzievski, 2023).
        dora: Learn the magnitudes of the weights' columns apart (Liu et al., 2024).

    Raises:
        InputError: The model has no layer of a name in `targets`, or fewer than `last_layers`.
    """
    from peft import LoraConfig, TaskType, get_peft_model

    layers = None
    if last_layers is not None:
        count = model.config.get_text_config().num_hidden_layers
        if last_layers > count:
            reason = f"{last_layers}: the model has {count} layers"
            raise InputError(Problem(reason, field="tuning.lora.last_layers"))
        layers = list(range(count - last_layers, count))
        if targets == "all-linear":
            targets = linear_names(model)
    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=targets,
        layers_to_transform=layers,
        use_rslora=rank_stabilized,
        use_dora=dora,
    )
    try:
        adapted = get_peft_model(model, config)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise InputError(Problem(reason, field="tuning.lora.targets")) from None
    adapted.peft_config["default"].base_model_name_or_path = base_name
    return adapted


def linear_names(model: Any) -> list[str]:
    """Return the names of the linear layers within the model's layers: "q_proj" and so on."""
    import torch

    inner = (
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and ".layers." in name
    )
    return sorted(set(inner))
