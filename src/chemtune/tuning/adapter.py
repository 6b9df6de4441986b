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
) -> Any:
    """Return `model`, frozen, with a fresh adapter; its parameters are float32 in any precision.

    Args:
        model: A causal language model of transformers.
        rank: Rows of A and columns of B.
        alpha: The adapter's output is scaled by alpha / rank.
        dropout: Of the adapter's input; the paper uses none.
        targets: Names of linear layers, or "all-linear".
        base_name: What the adapter's configuration names as its base model.

    Raises:
        InputError: The model has no layer of a name in `targets`.
    """
    from peft import LoraConfig, TaskType, get_peft_model

    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=rank,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules=targets,
    )
    try:
        adapted = get_peft_model(model, config)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise InputError(Problem(reason, field="tuning.lora.targets")) from None
    adapted.peft_config["default"].base_model_name_or_path = base_name
    return adapted
