"""The adapter merged into the weights of its base model: W = W0 + (alpha / rank) B A."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chemtune.errors import ChemtuneError, InputError, Problem

if TYPE_CHECKING:
    import torch

    from chemtune.models.load import Student
    from chemtune.models.template import Template

PRECISIONS = ("float32", "bfloat16", "float16")
# A config whose base was in pickles or GGUF may name no precision; safetensors always do.
NAMES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}


@dataclass(frozen=True)
class Merged:
    """A model that no longer needs its adapter.

    Attributes:
        model: A causal language model of transformers, in float32.
        untied: Whether embeddings and output, one matrix in the base, have become two.
    """

    model: Any
    untied: bool


def merge(student: Student) -> Merged:
    """Merge a student's adapter, if it has one; its model must not be used afterwards.

    Embeddings and output that are one matrix in the base stay one where neither is adapted. Where
    one is, they are parted first: merged as they are, the adapter of one would change the other.

    Args:
        student: Loaded in float32, with an adapter; so that the sum is rounded only once, when it
            is stored.
    """
    adapted = student.model
    if not hasattr(adapted, "merge_and_unload"):
        return Merged(adapted, untied=False)  # all of its weights were tuned
    tied = _tied(adapted)
    if tied and _is_adapted(adapted):
        import torch

        output = _inner(adapted.get_output_embeddings())
        output.weight = torch.nn.Parameter(output.weight.detach().clone(), requires_grad=False)
    model = adapted.merge_and_unload()
    untied = tied and not _same_values(model)
    if tied:
        model.config.tie_word_embeddings = not untied
        model.config.get_text_config().tie_word_embeddings = not untied
    if tied and not untied:
        model.get_output_embeddings().weight = model.get_input_embeddings().weight
    return Merged(model, untied)


def base_precision(folder: Path) -> str:
    """Return the precision that a model's weights are stored in: one of `PRECISIONS`.

    Raises:
        InputError: They are stored in another one, quantized say.
    """
    from safetensors import safe_open

    found: dict[str, int] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118 - it is no dictionary
                kind = file.get_slice(name).get_dtype()
                found[kind] = found.get(kind, 0) + 1
    most = max(found, key=lambda kind: found[kind], default="none")
    if most not in NAMES:
        remedy = f"name one: {', '.join(PRECISIONS)}"
        raise InputError(Problem(f"weights are stored as {most}", folder, remedy=remedy))
    return NAMES[most]


def save_merged(merged: Merged, template: Template, folder: Path, precision: str) -> None:
    """Write a merged model as transformers reads it: weights, tokenizer, template, decoding.

    Args:
        merged: The model; it is left in `precision`.
        template: The template that it was tuned with, which becomes the tokenizer's own.
        folder: Where to.
        precision: One of `PRECISIONS`.

    Raises:
        ChemtuneError: A weight is too large for the precision.
    """
    import torch
    from transformers import GenerationConfig

    model = merged.model.to(getattr(torch, precision))
    for name, weight in model.named_parameters():
        if not bool(torch.isfinite(weight).all()):
            raise ChemtuneError(f"{name} holds weights that are too large for {precision}")
    tokenizer = template.tokenizer
    # Greedy, as it was evaluated; what the base's authors sampled with says nothing of this model.
    model.generation_config = GenerationConfig(
        do_sample=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=stop_ids(template, model.generation_config),
        pad_token_id=tokenizer.pad_token_id,
    )
    # A path of this machine says nothing elsewhere.
    model.config._name_or_path = ""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _write_template(template.text, folder)


def stop_ids(template: Template, generation_config: Any = None) -> list[int]:
    """Return the tokens that end an answer: the template's first, then the model's own."""
    configured = getattr(generation_config, "eos_token_id", None)
    own = configured if isinstance(configured, list) else [configured]
    ids = [template.end_id, template.tokenizer.eos_token_id, *own]
    return list(dict.fromkeys(int(token) for token in ids if token is not None))


def _write_template(text: str, folder: Path) -> None:
    """Make `text` the folder's template, also where the tokenizer brought none."""
    (folder / "chat_template.jinja").write_text(text, encoding="utf-8")
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    for field in ("chat_template", "name_or_path", "is_local", "local_files_only"):
        config.pop(field, None)
    path.write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _inner(module: Any) -> Any:
    """The layer that PEFT has wrapped, or the layer itself."""
    return getattr(module, "base_layer", getattr(module, "original_module", module))


def _tied(model: Any) -> bool:
    output = model.get_output_embeddings()
    if output is None:
        return False
    weights = (_inner(output).weight, _inner(model.get_input_embeddings()).weight)
    return bool(weights[0].data_ptr() == weights[1].data_ptr())


def _is_adapted(model: Any) -> bool:
    return any(
        _inner(module) is not module
        for module in (model.get_output_embeddings(), model.get_input_embeddings())
    )


def _same_values(model: Any) -> bool:
    import torch

    output: torch.Tensor = model.get_output_embeddings().weight
    embeddings: torch.Tensor = model.get_input_embeddings().weight
    return output.data_ptr() == embeddings.data_ptr() or bool(torch.equal(output, embeddings))
