"""Where a step of tuning goes: the time of each kind of operator, by torch's profiler.

    python benchmarks/step_profile.py [--precision bfloat16] [--batches trunks] [--steps 3]

SmolLM2-135M, rank 16 on all linear layers, steps of four examples of 320 tokens (see `tuning.py`),
forward, backward and optimizer. An operator's own time is counted where it is; products are told
apart by their shapes. The first step, which compiles, is left out.
"""

from __future__ import annotations

import argparse
import tempfile
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from transformers import TrainerCallback

from tuning import RANK, TASKS, examples_of, ours

VOCABULARY = 49_152
PRODUCTS = ("mm", "addmm", "linear", "mkldnn", "matmul")
ATTENTION = ("bmm", "baddbmm", "softmax", "attention", "masked_fill", "tril")
COPIES = ("copy_", "_to_copy", "clone", "cat", "contiguous", "index_select", "fill_", "zero_")
POINTWISE = (
    "mul", "add", "sub", "div", "pow", "mean", "rsqrt", "silu", "neg", "sum", "sigmoid", "cos",
    "sin", "norm", "slice_backward",
)  # fmt: skip


def group_of(name: str, shapes: list[Any]) -> str:
    """The group of an operator by its name and the shapes of what goes in."""
    bare = name.removeprefix("aten::").removeprefix("mkldnn::").strip("_")
    sizes = {size for shape in shapes if isinstance(shape, list) for size in shape}
    if VOCABULARY in sizes or "cross_entropy" in name or "nll_loss" in name:
        return "vocabulary and loss"
    if "Optimizer" in name or "adam" in name or "_foreach" in name:
        return "optimizer"
    if any(word in bare for word in ATTENTION):
        return "attention"
    if any(bare.startswith(word) for word in PRODUCTS):
        low_rank = {RANK, 2 * RANK, 3 * RANK} & sizes
        return "low-rank products" if low_rank else "products of frozen weights"
    if bare in {word.strip("_") for word in COPIES}:
        return "copies and casts"
    if any(bare.startswith(word) for word in POINTWISE):
        return "norms, activations, positions"
    return "rest"


class Record(TrainerCallback):
    """Profiles every step but the first."""

    def __init__(self) -> None:
        self.profiler = profile(activities=[ProfilerActivity.CPU], record_shapes=True)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == 1:
            self.profiler.start()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.profiler.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--precision", default="bfloat16", choices=["bfloat16", "float32"])
    parser.add_argument("--batches", default="length", choices=["length", "trunks"])
    parser.add_argument("--steps", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trainer = ours(
            examples_of(chosen.steps + 1), chosen.precision, folder, layout=chosen.batches
        )
        record = Record()
        trainer.add_callback(record)
        trainer.train()
    groups: dict[str, float] = {}
    for event in record.profiler.key_averages(group_by_input_shape=True):
        group = group_of(event.key, event.input_shapes)
        groups[group] = groups.get(group, 0) + event.self_cpu_time_total / 1e3
    total = sum(groups.values())
    print(f"{chosen.precision}, {chosen.batches}, {torch.get_num_threads()} threads, ", end="")
    print(f"{chosen.steps} steps of {TASKS} examples: {total / chosen.steps:.0f} ms a step")
    for group, spent in sorted(groups.items(), key=lambda pair: -pair[1]):
        print(f"{group:32}{100 * spent / total:5.1f}%{spent / chosen.steps:9.0f} ms")


if __name__ == "__main__":
    main()
