"""How much a tuning computes: the floating-point operations of its matrix products."""

from __future__ import annotations

from typing import Any

from chemtune.tuning.memory import layers_with_gradient

# A product's multiplication and addition.
OPERATIONS = 2


def operations_of(model: Any, tokens: float, labels: float) -> float:
    """Return the operations of a tuning; attention's own and the adapter's are left out.

    Of each weight that is a product forward; from the first layer that learns on, one for the
    gradient of what went in; and one for the weight's own gradient, where it is not frozen.

    Args:
        model: A model of transformers, with its adapter; its parameters need no memory.
        tokens: All tokens that are run.
        labels: Those whose scores over the vocabulary are computed.
    """
    config = model.config.get_text_config()
    weights = sum(
        parameter.numel()
        for name, parameter in model.named_parameters()
        if ".layers." in name and parameter.dim() == 2 and "lora_" not in name
    )
    own = 1 if all(parameter.requires_grad for parameter in model.parameters()) else 0
    learning = layers_with_gradient(model) / config.num_hidden_layers
    of_layers = weights * (1 + learning * (1 + own)) * tokens
    of_scores = config.hidden_size * config.vocab_size * (2 + own) * labels
    return float(OPERATIONS * (of_layers + of_scores))
