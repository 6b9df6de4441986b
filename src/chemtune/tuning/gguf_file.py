"""A merged model as a GGUF file, llama.cpp's format: Llama, Qwen 3 and Gemma 3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFWriter, LlamaFileType

from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.files import written_whole
from chemtune.models.template import Template
from chemtune.tuning.gguf_quantize import MIXED, mixed_kind, quantized
from chemtune.tuning.gguf_vocabulary import read_vocabulary

# How matrices are stored, and llama.cpp's number for a file of that kind.
KINDS = {
    "f32": (Kind.F32, LlamaFileType.ALL_F32),
    "bf16": (Kind.BF16, LlamaFileType.MOSTLY_BF16),
    "f16": (Kind.F16, LlamaFileType.MOSTLY_F16),
    "q8_0": (Kind.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    MIXED: (Kind.Q4_K, LlamaFileType.MOSTLY_Q4_K_M),
}
ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "gemma3_text": gguf.MODEL_ARCH.GEMMA3,
}
# llama.cpp takes this one for the layers of Gemma 3 that see a window.
GEMMA_WINDOW_THETA = 10_000.0


def write_gguf(
    model: Any, template: Template, path: Path, *, kind: str, name: str, licence: str
) -> None:
    """Write a model with its tokenizer and chat template.

    Matrices are stored as `kind`, or as f16 where their rows do not divide into its blocks;
    vectors in float32, as llama.cpp wants them. Embeddings that are also the output stand once.

    Args:
        model: A causal language model of transformers, without an adapter, in float32.
        template: Its tokenizer and chat template.
        path: The file.
        kind: A key of `KINDS`.
        name: The model's name, for the file's head.
        licence: Its licence.

    Raises:
        InputError: The architecture, its rotary embedding or the tokenizer is not one of those
            that are written here.
        ChemtuneError: A weight is too large for the kind.
    """
    config = model.config.get_text_config()
    check_architecture(config)
    vocabulary = read_vocabulary(template.tokenizer, config.vocab_size)
    architecture = ARCHITECTURES[config.model_type]
    with written_whole(path) as temporary:
        writer = GGUFWriter(temporary, gguf.MODEL_ARCH_NAMES[architecture])
        writer.add_name(name)
        writer.add_license(licence)
        writer.add_file_type(KINDS[kind][1])
        writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
        _write_shape(writer, config)
        _write_rope(writer, config)
        vocabulary.write(writer, template)
        for tensor, values in _tensors(model, config, architecture):
            as_kind = KINDS[kind][0]
            if kind == MIXED and values.ndim == 2:
                as_kind = mixed_kind(
                    tensor, values.shape[1], config.num_hidden_layers, _is_tied(model)
                )
            stored, as_kind = _stored(tensor, values, as_kind)
            writer.add_tensor(tensor, stored, raw_dtype=as_kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


def check_architecture(config: Any) -> None:
    """Check that a model of this configuration can be written.

    Raises:
        InputError: It cannot.
    """
    kind = config.model_type
    if kind not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise _refused(f"the architecture {kind!r} is not written as GGUF (known: {known})")
    for layers, parameters in _rope(config).items():
        scaling = parameters.get("rope_type", "default")
        taken = {"default"} | ({"linear"} if layers == "full_attention" else set())
        taken |= {"llama3"} if kind == "llama" else set()
        if scaling not in taken:
            raise _refused(f"the rotary embedding {scaling!r} of {kind} is not written as GGUF")
    if getattr(config, "attention_bias", False) and kind != "llama":
        raise _refused(f"{kind} with biases in its attention is not written as GGUF")
    if kind == "gemma3_text":
        _check_gemma(config)


def _check_gemma(config: Any) -> None:
    if config.query_pre_attn_scalar != config.head_dim:
        raise _refused("Gemma 3 that scales its attention by other than the size of a head")
    window = _rope(config).get("sliding_attention", {})
    if window.get("rope_theta", GEMMA_WINDOW_THETA) != GEMMA_WINDOW_THETA:
        raise _refused("Gemma 3 with another rotary base in its windowed layers")
    _window_period(config)


def _refused(reason: str) -> InputError:
    remedy = "export with --to hf, and convert with llama.cpp's own convert_hf_to_gguf.py"
    return InputError(Problem(reason, field="--to", remedy=remedy))


def _rope(config: Any) -> dict[str, dict[str, Any]]:
    """The rotary parameters by kind of layer; most models have one kind."""
    found = dict(config.rope_parameters or {})
    return found if "full_attention" in found else {"full_attention": found}


def _write_shape(writer: GGUFWriter, config: Any) -> None:
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_rope_dimension_count(head)
    if config.model_type == "gemma3_text":
        writer.add_sliding_window(config.sliding_window)
        writer.add_sliding_window_pattern(_window_period(config))
        if config.final_logit_softcapping:
            writer.add_final_logit_softcapping(config.final_logit_softcapping)


def _window_period(config: Any) -> int:
    """Every which layer of Gemma 3 sees all positions."""
    seen = [i for i, kind in enumerate(config.layer_types) if kind == "full_attention"]
    period = seen[0] + 1 if seen else config.num_hidden_layers + 1
    if seen != list(range(period - 1, config.num_hidden_layers, period)):
        raise _refused("Gemma 3 whose layers with a window do not stand in a period")
    return period


def _write_rope(writer: GGUFWriter, config: Any) -> None:
    parameters = _rope(config)["full_attention"]
    writer.add_rope_freq_base(float(parameters.get("rope_theta", 10_000.0)))
    if parameters.get("rope_type") == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(float(parameters["factor"]))


def _tensors(
    model: Any, config: Any, architecture: gguf.MODEL_ARCH
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each tensor by its name in GGUF, in float32."""
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    change = CHANGES.get(config.model_type)
    tied = _is_tied(model)
    for name, values in model.named_parameters():
        if name == "lm_head.weight" and tied:
            continue
        known = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if known is None:
            raise ChemtuneError(f"{name}: a weight that GGUF has no place for")
        values = values.detach().float().cpu()
        yield known, (change(name, values, config) if change else values).numpy()
    if _rope(config)["full_attention"].get("rope_type") == "llama3":
        yield "rope_freqs.weight", _frequency_divisors(model, config)


def _is_tied(model: Any) -> bool:
    return model.get_output_embeddings().weight is model.get_input_embeddings().weight


def _frequency_divisors(model: Any, config: Any) -> np.ndarray:
    """By what the frequencies of the rotary embedding are divided, from what transformers uses."""
    rotary = model.model.rotary_emb.inv_freq.float().cpu()
    theta = _rope(config)["full_attention"]["rope_theta"]
    steps = torch.arange(len(rotary), dtype=torch.float32) / len(rotary)
    divisors: np.ndarray = (1.0 / theta**steps / rotary).numpy()
    return divisors


def _turned(name: str, values: torch.Tensor, config: Any) -> torch.Tensor:
    """Rows of queries and keys as llama.cpp rotates them in Llama: pairs side by side.

    transformers rotates row i of a head with row i + half; llama.cpp row 2i with row 2i + 1.
    """
    heads = {
        "q_proj": config.num_attention_heads,
        "k_proj": config.num_key_value_heads,
    }.get(name.split(".")[-2])
    if heads is None:
        return values
    pairs = values.reshape(heads, 2, -1, *values.shape[1:])
    return pairs.transpose(1, 2).reshape(values.shape)


def _shifted(name: str, values: torch.Tensor, config: Any) -> torch.Tensor:
    """Gemma multiplies by one more than its norms' weights; llama.cpp by what is written."""
    del config
    return values + 1 if name.endswith("norm.weight") else values


CHANGES: dict[str, Callable[[str, torch.Tensor, Any], torch.Tensor]] = {
    "llama": _turned,
    "gemma3_text": _shifted,
}


def _stored(name: str, values: np.ndarray, kind: Kind) -> tuple[np.ndarray, Kind]:
    if values.ndim == 1:
        return np.ascontiguousarray(values), Kind.F32
    if values.shape[-1] % gguf.GGML_QUANT_SIZES[kind][0]:
        kind = Kind.F16
    if kind == Kind.F16 and np.abs(values).max(initial=0.0) > np.finfo(np.float16).max:
        raise ChemtuneError(f"{name} holds weights that are too large for f16 (use bf16)")
    if kind in (Kind.Q4_K, Kind.Q6_K):
        return quantized(values, kind), kind
    return gguf.quants.quantize(np.ascontiguousarray(values), kind), kind
