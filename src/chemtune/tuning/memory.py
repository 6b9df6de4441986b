"""How much memory a tuning takes, before it is begun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chemtune.models.short_attention import MOST_SCORES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chemtune.tuning.encode import Encoded

# The libraries, their code and buffers.
AROUND = 500 * 2**20
# What autograd keeps of a token in a layer, as multiples of the hidden size and of the size between
# gate and down; fitted to the peaks of benchmarks/tuning.py.
HIDDEN_KEPT, BETWEEN_KEPT = 18, 5
# Passes of many lengths leave holes in the memory that is kept for the next ones.
HOLES = 1.5
# What a processor compiles for the sizes of its bfloat16 products, and keeps.
COMPILED = 700 * 2**20
# float32 copies of a label's scores: the logits, their softmax and the gradient.
COPIES_OF_SCORES = 3


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes that a tuning takes, by what for."""

    weights: int
    learned: int
    activations: int
    scores: int
    compiled: int = 0

    @property
    def total(self) -> int:
        """All of them, and what the libraries take."""
        passes = round(HOLES * self.activations) + self.scores + self.compiled
        return self.weights + self.learned + passes + AROUND


def estimate(model: Any, *, tokens: int, labels: int, longest: int) -> MemoryEstimate:
    """Estimate the memory of tuning `model`, frozen but for what is learned.

    Args:
        model: A model of transformers, with its adapter.
        tokens: The most that one pass runs.
        labels: The most of them that are learned.
        longest: The tokens of the longest example.
    """
    config = model.config.get_text_config()
    parameters = list(model.parameters())
    weights = sum(p.numel() * p.element_size() for p in parameters)
    # The gradient, and Adam's two moments, as wide as the parameter.
    learned = sum(3 * p.numel() * p.element_size() for p in parameters if p.requires_grad)
    width = next(p.element_size() for p in parameters if not p.requires_grad or p.dim() > 1)
    kept = HIDDEN_KEPT * config.hidden_size + BETWEEN_KEPT * config.intermediate_size
    # The attention's weights, where they are kept (`short_attention`).
    kept += config.num_attention_heads * longest if longest**2 <= MOST_SCORES else 0
    activations = tokens * kept * layers_with_gradient(model) * width
    scores = labels * config.vocab_size * (COPIES_OF_SCORES * 4 + width)
    on_processor = parameters[0].device.type == "cpu" or _to_be_on_processor(parameters[0])
    compiled = COMPILED if on_processor and width == 2 else 0
    return MemoryEstimate(weights, learned, activations, scores, compiled)


def estimate_for(model: Any, train: Sequence[Encoded], *, tokens_per_pass: int) -> MemoryEstimate:
    """Estimate the memory of tuning `model` on examples, in passes of a bounded size.

    Args:
        model: See `estimate`.
        train: The examples, one at least.
        tokens_per_pass: The bound; an example that is longer is a pass of its own.
    """
    longest = max(len(one.ids) for one in train)
    labels = max(one.label_count for one in train)
    return estimate(
        model,
        tokens=max(longest, tokens_per_pass),
        labels=max(labels, tokens_per_pass // 4),
        longest=longest,
    )


def free_bytes() -> int:
    """Return the memory that is free for this process: the GPU's where there is one."""
    import psutil
    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)


def _to_be_on_processor(parameter: Any) -> bool:
    """Whether a parameter without memory (`weightless_student`) would be on a processor."""
    import torch

    return bool(parameter.device.type == "meta") and not torch.cuda.is_available()


def layers_with_gradient(model: Any) -> int:
    """Return the layers from the first that learns to the last: below, nothing is kept."""
    config = model.config.get_text_config()
    learning = [
        int(part)
        for name, p in model.named_parameters()
        if p.requires_grad and ".layers." in name
        for part in [name.partition(".layers.")[2].partition(".")[0]]
        if part.isdigit()
    ]
    return int(config.num_hidden_layers) - min(learning, default=0)
