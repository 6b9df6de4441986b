"""The weighted mean of adapters: of several seeds or recipes, or of one with its base.

W = W0 + sum_i w_i (alpha_i / rank_i) B_i A_i. The products are added exactly, by adapters put side
by side: the rank of the mean is the sum of the ranks, where a mean of the A and B themselves would
hold products of one adapter's B with another's A. Weights below 1 in all go back towards the base
(Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chemtune.errors import InputError, Problem
from chemtune.files import write_json

if TYPE_CHECKING:
    import torch

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
A, B = ".lora_A.weight", ".lora_B.weight"


def average_adapters(folders: Sequence[Path], weights: Sequence[float], out: Path) -> int:
    """Write the weighted mean of adapters, in PEFT's format; return its rank.

    Args:
        folders: Adapters of one base model, for the same of its layers.
        weights: One for each.
        out: The folder for the mean.

    Raises:
        InputError: A folder holds no adapter; or its kind cannot be averaged, or differs.
    """
    import torch
    from safetensors.torch import save_file

    read = [_read(folder) for folder in folders]
    first, names = read[0][0], _modules(read[0][1])
    for folder, (config, tensors) in zip(folders, read, strict=True):
        _check(folder, config, first, _modules(tensors) == names)
    mean = {}
    for name in sorted(names):
        mean[name + A] = torch.cat([tensors[name + A] for _, tensors in read])
        scaled = [
            tensors[name + B] * (weight * _scale(config))
            for weight, (config, tensors) in zip(weights, read, strict=True)
        ]
        mean[name + B] = torch.cat(scaled, dim=1)
    rank = sum(int(config["r"]) for config, _ in read)
    out.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in mean.items()}, out / WEIGHTS)
    # Rank and alpha are one number, so that PEFT scales the sum by 1.
    write_json(out / CONFIG, first | {"r": rank, "lora_alpha": rank, "use_rslora": False})
    return rank


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    from safetensors.torch import load_file

    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            remedy = "run `chemtune tune`; a model whose every weight was tuned has none"
            raise InputError(Problem(f"holds no adapter: no {name}", folder, remedy=remedy))
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return config, load_file(folder / WEIGHTS)


def _check(folder: Path, config: dict[str, Any], first: dict[str, Any], same: bool) -> None:
    reason = ""
    if config["use_dora"] or config["rank_pattern"] or config["alpha_pattern"]:
        reason = "DoRA, or a rank or alpha for each layer, cannot be averaged"
    elif config["base_model_name_or_path"] != first["base_model_name_or_path"]:
        bases = [of["base_model_name_or_path"] for of in (config, first)]
        reason = f"is of another base model, {bases[0]}; the first one is of {bases[1]}"
    elif not same:
        reason = "adapts other layers than the first one"
    if reason:
        raise InputError(Problem(reason, folder))


def _modules(tensors: dict[str, torch.Tensor]) -> set[str]:
    return {name.removesuffix(A) for name in tensors if name.endswith(A)}


def _scale(config: dict[str, Any]) -> float:
    rank = config["r"]
    return float(config["lora_alpha"] / (sqrt(rank) if config["use_rslora"] else rank))
