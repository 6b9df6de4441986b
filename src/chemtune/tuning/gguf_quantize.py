"""Matrices in four bits by ggml's own quantization, which the package xllamacpp carries."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind

from chemtune.errors import InputError, Problem

MIXED = "q4_k_m"
# Rows that do not divide into blocks of 256 are stored in blocks of 32, of a bit more each.
SMALL_BLOCKS = {Kind.Q4_K: Kind.Q5_0, Kind.Q6_K: Kind.Q8_0}


def check_quantizer() -> None:
    """Check that ggml is there to quantize.

    Raises:
        InputError: xllamacpp is not installed, or its library lets nobody call ggml.
    """
    if _ggml() is None:
        remedy = (
            "pip install 'chemtune[local]'; or export f16, and run llama.cpp's "
            f"`llama-quantize NAME-f16.gguf NAME-{MIXED}.gguf {MIXED.upper()}`"
        )
        raise InputError(Problem(f"{MIXED} needs ggml", field="--quantize", remedy=remedy))


def mixed_kind(name: str, width: int, layers: int, tied: bool) -> Kind:
    """Return how llama.cpp's mixture Q4_K_M stores a matrix.

    Most take 4 bits; the output, and in half of the layers what errors hurt most (values and the
    way down of the feed-forward part), 6.

    Args:
        name: The matrix's name in GGUF.
        width: Numbers in a row.
        layers: Of the model.
        tied: Whether the embeddings are the output too.
    """
    parts = name.split(".")
    more = name == "output.weight" or (name == "token_embd.weight" and tied)
    if len(parts) > 2 and parts[2] in ("attn_v", "ffn_down"):
        more = _more_bits(int(parts[1]), layers)
    kind = Kind.Q6_K if more else Kind.Q4_K
    return kind if width % gguf.QK_K == 0 else SMALL_BLOCKS[kind]


def quantized(values: np.ndarray, kind: Kind) -> np.ndarray:
    """Return rows of float32 as bytes in ggml's blocks.

    Args:
        values: (rows, width), the width a multiple of the kind's block.
        kind: For example Q4_K.
    """
    library = _ggml()
    assert library is not None
    rows, width = values.shape
    block, size = gguf.GGML_QUANT_SIZES[kind]
    source = np.ascontiguousarray(values, dtype=np.float32)
    target = np.empty((rows, width // block * size), dtype=np.uint8)
    written = library.ggml_quantize_chunk(
        int(kind), source.ctypes.data, target.ctypes.data, 0, rows, width, None
    )
    assert written == target.nbytes
    return target


def _more_bits(layer: int, layers: int) -> bool:
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


@lru_cache(maxsize=1)
def _ggml() -> Any:
    """The library of xllamacpp with ggml's function declared, or None."""
    spec = find_spec("xllamacpp")
    folders = (spec.submodule_search_locations or []) if spec else []
    for path in sorted(file for folder in folders for file in Path(folder).glob("xllamacpp*.so")):
        library = ctypes.CDLL(str(path))
        if hasattr(library, "ggml_quantize_chunk"):
            function = library.ggml_quantize_chunk
            function.restype = ctypes.c_size_t
            pointer, number = ctypes.c_void_p, ctypes.c_int64
            function.argtypes = [ctypes.c_int, pointer, pointer, number, number, number, pointer]
            return library
    return None
