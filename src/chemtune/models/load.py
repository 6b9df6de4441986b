"""Loading a model and its tokenizer, and the precision that suits this machine."""

from __future__ import annotations

import json
import os
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chemtune.errors import InputError, Problem
from chemtune.models.memory import give_back_freed_memory, keep_freed_memory
from chemtune.models.resolve import ModelFiles
from chemtune.models.template import Template

if TYPE_CHECKING:
    import torch

PROBE_SHAPE = (512, 576, 1536)
PROBE_SECONDS = 0.15
# The language model in a checkpoint of Gemma 3 that also reads images, in its old and new naming.
GEMMA3_TEXT = {
    r"^language_model\.model\.": "model.",
    r"^language_model\.lm_head\.": "lm_head.",
    r"^model\.language_model\.": "model.",
}


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
        return int(getattr(self.model.config.get_text_config(), "max_position_embeddings", 2048))


def quiet_libraries() -> None:
    """Keep the libraries' progress bars and notices off the terminal; errors still show."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", category=UserWarning, module="peft")


def load_tokenizer(files: ModelFiles) -> Any:
    """Return the tokenizer in `files`, with the preset's chat template where it brings none."""
    from transformers import AutoTokenizer

    quiet_libraries()
    tokenizer = AutoTokenizer.from_pretrained(files.folder)
    if not tokenizer.chat_template and files.template:
        tokenizer.chat_template = files.template
    return tokenizer


def load_student(
    files: ModelFiles,
    *,
    precision: str = "auto",
    adapter: Path | None = None,
    four_bit: bool = False,
    on_processor: bool = False,
) -> Student:
    """Load a model, on this process's GPU where there is one.

    Args:
        files: Where the model is.
        precision: "float32", "bfloat16", or "auto" (see `choose_precision`).
        adapter: A folder with an adapter in PEFT's format or, where all weights were tuned, with
            these; or None.
        four_bit: Hold the weights in four bits (NF4; Dettmers et al., 2023), on a GPU.
        on_processor: Leave the weights in main memory: one device may not hold them all.

    Raises:
        InputError: The folder holds no model that can be loaded, or not all of its weights; the
            adapter's folder holds none, or it is of another model.
    """
    import torch

    quiet_libraries()
    keep_freed_memory()
    # What a step before has freed is kept, and a model may find no room in its holes.
    give_back_freed_memory()
    if adapter is not None:
        _check_adapter(adapter, files)
    chosen = choose_precision() if precision == "auto" else precision
    whole = adapter is not None and not is_adapter(adapter)
    source = adapter if adapter is not None and whole else files.folder
    model = _load_model(source, getattr(torch, chosen), four_bit)
    if adapter is not None and not whole:
        model = _load_adapter(model, adapter)
    if not four_bit and not on_processor and torch.cuda.is_available():
        model.to(f"cuda:{os.environ.get('LOCAL_RANK', '0')}")
    model.eval()
    tokenizer = load_tokenizer(files)
    return Student(model, tokenizer, Template.of(tokenizer), files, adapter, chosen)


def is_adapter(folder: Path) -> bool:
    """Whether a folder of tuned weights holds an adapter, and not a whole model."""
    return (folder / "adapter_config.json").is_file()


def is_tuned(folder: Path) -> bool:
    """Whether a folder holds tuned weights: an adapter, or a whole model."""
    return is_adapter(folder) or (folder / "model.safetensors").is_file()


def _four_bit() -> Any:
    import torch
    from transformers import BitsAndBytesConfig
    from transformers.utils import is_bitsandbytes_available

    if not (torch.cuda.is_available() and is_bitsandbytes_available()):
        reason = "four-bit weights need a GPU and the package bitsandbytes"
        raise InputError(Problem(reason, field="tuning.lora.base", remedy="base: plain"))
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def weightless_student(files: ModelFiles, *, precision: str) -> Student:
    """Return a model whose parameters have their shapes and types, and take no memory.

    For what a model's configuration and tokenizer can tell: sizes, layers, tokens, the template.

    Args:
        files: Where the model is; its weights are not read.
        precision: "float32" or "bfloat16".

    Raises:
        InputError: The folder's model is not known.
    """
    import torch
    from transformers import AutoModelForCausalLM

    tokenizer = load_tokenizer(files)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(
            _text_config(files.folder)[0], dtype=getattr(torch, precision)
        )
    return Student(model, tokenizer, Template.of(tokenizer), files, None, precision)


def _text_config(folder: Path) -> tuple[Any, dict[str, str] | None]:
    """The configuration of the language model, and how its weights are renamed in a larger one."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder)
    text = config.get_text_config()
    if text is config:
        return text, None
    if config.model_type != "gemma3":
        reason = f"is a multimodal model ({config.model_type}); of these only Gemma 3 is known"
        raise InputError(Problem(reason, folder, remedy="name a model of text alone"))
    return text, GEMMA3_TEXT


def _load_model(folder: Path, dtype: torch.dtype, four_bit: bool = False) -> Any:
    from transformers import AutoModelForCausalLM

    text, renamed = _text_config(folder)
    model, loaded = AutoModelForCausalLM.from_pretrained(
        folder,
        config=text,
        dtype=dtype,
        use_safetensors=True,
        key_mapping=renamed,
        output_loading_info=True,
        quantization_config=_four_bit() if four_bit else None,
    )
    # transformers fills missing weights with random numbers, and only logs it.
    missing = sorted(loaded["missing_keys"])
    if missing:
        reason = f"lacks {len(missing)} of the model's weights, such as {missing[0]}"
        raise InputError(Problem(reason, folder, remedy="fetch the model again"))
    return model


def _load_adapter(model: Any, adapter: Path) -> Any:
    from peft import PeftModel

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        adapted = PeftModel.from_pretrained(model, str(adapter))
    # An adapter whose weights find no place leaves the model as it was, and PEFT only warns.
    if any("missing adapter keys" in str(warning.message) for warning in caught):
        reason = "does not fit the model: its layers have other names"
        raise InputError(Problem(reason, adapter))
    return adapted


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


def operations_per_second(precision: str) -> float:
    """Return the floating-point operations a second of matrix products on this processor.

    Args:
        precision: "float32" or "bfloat16".
    """
    import torch

    rows, inner, columns = PROBE_SHAPE
    return 2.0 * rows * inner * columns * _products_per_second(getattr(torch, precision))


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
    if not is_tuned(adapter):
        raise InputError(Problem("holds no adapter: no adapter_config.json", adapter))
    if not config.is_file():
        return
    base = json.loads(config.read_text(encoding="utf-8")).get("base_model_name_or_path")
    if base and base != files.base_name and not _same_folder(base, files.folder):
        raise InputError(Problem(f"is an adapter of {base}, not of {files.base_name}", adapter))


def _same_folder(base: str, folder: Path) -> bool:
    """Whether `base` names `folder`, or named it before it was moved away from there."""
    named = Path(base)
    if named.is_dir():
        return named.resolve() == folder.resolve()
    return named.is_absolute() and named.name == folder.resolve().name
