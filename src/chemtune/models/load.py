"""Loading a model and its tokenizer, and the precision that suits this machine."""

from __future__ import annotations

import json
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chemtune.errors import InputError, Problem
from chemtune.models.memory import keep_freed_memory
from chemtune.models.resolve import ModelFiles
from chemtune.models.template import Template

if TYPE_CHECKING:
    import torch

PROBE_SHAPE = (512, 576, 1536)
PROBE_SECONDS = 0.15


@dataclass(frozen=True)
class Student:
    """A loaded model: weights, tokenizer and template, with or without an adapter."""

    model: Any
    tokenizer: Any
    template: Template
    files: ModelFiles
    adapter: Path | None
    precision: str

    @property
    def context(self) -> int:
        """The longest sequence that the model takes, in tokens."""
        return int(getattr(self.model.config, "max_position_embeddings", 2048))


def quiet_libraries() -> None:
    """Keep the libraries' progress bars and notices off the terminal; errors still show."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=UserWarning, module="peft")


def load_tokenizer(files: ModelFiles) -> Any:
    """Return the tokenizer in `files`."""
    from transformers import AutoTokenizer

    quiet_libraries()
    return AutoTokenizer.from_pretrained(files.folder)


def load_student(
    files: ModelFiles, *, precision: str = "auto", adapter: Path | None = None
) -> Student:
    """Load a model, on a GPU where there is one.

    Args:
        files: Where the model is.
        precision: "float32", "bfloat16", or "auto" (see `choose_precision`).
        adapter: A folder with an adapter in PEFT's format, or None.

    Raises:
        InputError: The adapter's folder holds none, or it is of another model.
    """
    import torch
    from transformers import AutoModelForCausalLM

    quiet_libraries()
    keep_freed_memory()
    if adapter is not None:
        _check_adapter(adapter, files)
    chosen = choose_precision() if precision == "auto" else precision
    model = AutoModelForCausalLM.from_pretrained(
        files.folder, dtype=getattr(torch, chosen), use_safetensors=True
    )
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(adapter))
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    model.eval()
    tokenizer = load_tokenizer(files)
    return Student(model, tokenizer, Template.of(tokenizer), files, adapter, chosen)


def choose_precision() -> str:
    """Return the faster of "bfloat16" and "float32" for matrix products on this machine.

    A processor can have bfloat16 instructions and yet multiply float32 matrices faster (a server
    core with AVX512_BF16 but no AMX: about half as fast in `benchmarks/precision.py`), so a short
    measurement decides, and float32 wins where they are within 10%: it is also the more exact.
    """
    import torch

    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return "float32"
    fast = _products_per_second(torch.bfloat16) > 1.1 * _products_per_second(torch.float32)
    return "bfloat16" if fast else "float32"


def _products_per_second(dtype: torch.dtype) -> float:
    import torch

    rows, inner, columns = PROBE_SHAPE
    left, right = torch.ones(rows, inner, dtype=dtype), torch.ones(columns, inner, dtype=dtype)
    torch.nn.functional.linear(left, right)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < PROBE_SECONDS:
        torch.nn.functional.linear(left, right)
        count += 1
    return count / (time.perf_counter() - started)


def _check_adapter(adapter: Path, files: ModelFiles) -> None:
    config = adapter / "adapter_config.json"
    if not config.is_file():
        raise InputError(Problem("holds no adapter: no adapter_config.json", adapter))
    base = json.loads(config.read_text(encoding="utf-8")).get("base_model_name_or_path")
    if base and base != files.base_name and not _same_folder(base, files.folder):
        raise InputError(Problem(f"is an adapter of {base}, not of {files.base_name}", adapter))


def _same_folder(base: str, folder: Path) -> bool:
    return Path(base).is_dir() and Path(base).resolve() == folder.resolve()
