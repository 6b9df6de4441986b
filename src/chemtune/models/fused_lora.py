"""LoRA's arithmetic in fewer passes over memory: projections of one input are computed together.

PEFT computes a projection as W x + scaling * B (A x), each product, scaling and sum a tensor of its
own, in the adapter's precision. A product of rank 16 does little but read and write, so on a
processor this costs about a third of a step. Here the low-rank part is added in place by the matrix
product itself, and the projections that read the same input (query, key and value; gate and up)
share one product with all their A, and one sum of what flows back into that input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import Any
from weakref import ref

import torch

# Siblings that read the same tensor, in Llama and all that are built like it. Where a model differs
# each projection is computed on its own: what is shared is looked up by the tensor itself.
SIBLINGS = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))


def fuse_lora(model: Any) -> int:
    """Compute PEFT's plain LoRA layers of `model` as this module does; returns their number.

    Layers that are more than W x + scaling * B (A x), as with dropout, DoRA, quantized weights or
    several adapters, stay as they are. The parameters, and what is saved, are PEFT's own.
    """
    count = 0
    for layers in _siblings(model):
        # Weakly: a layer that its own attribute refers to would outlive its model, weights and all.
        shared = _Shared([ref(layer) for layer in layers])
        for at, layer in enumerate(layers):
            layer.forward = partial(_forward, ref(layer), shared, at)
        count += len(layers)
    return count


def _siblings(model: Any) -> Iterator[list[Any]]:
    grouped = set()
    for module in model.modules():
        for names in SIBLINGS:
            group = [getattr(module, name, None) for name in names]
            if all(_is_plain(layer) for layer in group):
                grouped |= {id(layer) for layer in group}
                yield group
    for module in model.modules():
        if _is_plain(module) and id(module) not in grouped:
            yield [module]


def _is_plain(layer: Any) -> bool:
    from peft.tuners.lora.layer import Linear

    return (
        type(layer) is Linear
        and type(layer.base_layer) is torch.nn.Linear
        and list(layer.lora_A) == ["default"]
        and not layer.lora_variant
        and not layer.lora_bias["default"]
        and isinstance(layer.lora_dropout["default"], torch.nn.Identity)
        and not layer.base_layer.weight.requires_grad
    )


class _Shared:
    """Projections of one input: computed when the first is asked for, handed out to the others."""

    def __init__(self, layers: Sequence[ref[Any]]) -> None:
        self.layers = layers
        self.input: torch.Tensor | None = None
        self.outputs: list[torch.Tensor | None] = []

    def output(self, at: int, states: torch.Tensor) -> torch.Tensor:
        """Return what layer `at` makes of `states`."""
        kept = self.outputs[at] if self.input is states else None
        if kept is None:
            layers = [layer() for layer in self.layers]
            self.input, self.outputs = states, list(_projected(layers, states))
            kept = self.outputs[at]
            assert kept is not None
        self.outputs[at] = None
        # Nothing is held on to once all have been handed out.
        if all(output is None for output in self.outputs):
            self.input, self.outputs = None, []
        return kept


def _forward(
    own: ref[Any], shared: _Shared, at: int, states: torch.Tensor, *args: Any, **kw: Any
) -> torch.Tensor:
    layer: Any = own()
    if args or kw or layer.disable_adapters or layer.merged:
        result: torch.Tensor = type(layer).forward(layer, states, *args, **kw)
        return result
    return shared.output(at, states)


def _projected(layers: Sequence[Any], states: torch.Tensor) -> tuple[torch.Tensor, ...]:
    weights: list[Any] = []
    for layer in layers:
        base, a, b = layer.base_layer, layer.lora_A["default"], layer.lora_B["default"]
        weights += [base.weight, base.bias, a.weight, b.weight]
    scales = tuple(layer.scaling["default"] for layer in layers)
    outputs = _Projections.apply(states, scales, *weights)  # type: ignore[no-untyped-call]
    return tuple(outputs)


class _Projections(torch.autograd.Function):
    """y_k = W_k x + bias_k + s_k B_k (A_k x) for several k; W_k and bias_k are frozen."""

    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, scales: tuple[float, ...], *weights: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """Return y_k, (..., out_k) each, of states (..., in).

        `weights` holds W (out, in), bias (out,) or None, A (rank, in) and B (out, rank) of each k.
        """
        rows = states.reshape(-1, states.shape[-1])
        lowering = torch.cat(weights[2::4]).to(rows.dtype)
        low = rows @ lowering.T
        outputs = []
        parts = zip(scales, _columns(low, weights[2::4]), _of_each(weights), strict=True)
        for scale, own, (weight, bias, _, raising) in parts:
            output = torch.nn.functional.linear(rows, weight, bias)
            output.addmm_(own, raising.T.to(rows.dtype), alpha=scale)
            outputs.append(output.view(*states.shape[:-1], -1))
        ctx.scales = scales
        ctx.save_for_backward(rows, low, *weights)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> tuple[Any, ...]:
        """Return the gradients of `states` and of every A and B."""
        rows, low, *weights = ctx.saved_tensors
        lowering = torch.cat(weights[2::4]).to(rows.dtype)
        of_states: torch.Tensor | None = None
        of_low = torch.zeros_like(low)
        of_raising: list[torch.Tensor | None] = []
        lows, lows_gradients = (_columns(whole, weights[2::4]) for whole in (low, of_low))
        parts = zip(ctx.scales, lows, lows_gradients, _of_each(weights), gradients, strict=True)
        for scale, own, of_own, (weight, _, _, raising), gradient in parts:
            if gradient is None:
                of_raising.append(None)
                continue
            flat = gradient.reshape(-1, gradient.shape[-1])
            of_own.addmm_(flat, raising.to(rows.dtype), beta=0, alpha=scale)
            of_raising.append((flat.T @ own).to(raising.dtype).mul_(scale))
            if ctx.needs_input_grad[0]:
                of_states = flat @ weight if of_states is None else of_states.addmm_(flat, weight)
        if of_states is not None:
            of_states = of_states.addmm_(of_low, lowering).view(*_leading(gradients), -1)
        of_lowering = (of_low.T @ rows).split([a.shape[0] for a in weights[2::4]])
        returned: list[Any] = [of_states, None]
        for a, of_a, of_b in zip(weights[2::4], of_lowering, of_raising, strict=True):
            returned += [None, None, of_a.to(a.dtype), of_b]
        return tuple(returned)


def _of_each(weights: Sequence[torch.Tensor]) -> Iterator[tuple[torch.Tensor, ...]]:
    yield from (tuple(weights[at : at + 4]) for at in range(0, len(weights), 4))


def _columns(low: torch.Tensor, lowering: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Views of the columns of `low`, (rows, all ranks), that belong to each A."""
    bounds = accumulate((a.shape[0] for a in lowering), initial=0)
    return [low[:, start:end] for start, end in pairwise(bounds)]


def _leading(gradients: Sequence[torch.Tensor | None]) -> torch.Size:
    return next(gradient.shape[:-1] for gradient in gradients if gradient is not None)
