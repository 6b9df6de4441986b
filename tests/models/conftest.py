"""Each preset's architecture as a tiny random model, with its real tokenizer and template."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chemtune.models.load import Student, load_student
from chemtune.models.preset import load_preset
from chemtune.models.resolve import cache_folder, resolve_model
from models import fetch_tokenizers

# Before the tests get a cache of their own.
SMOLLM2 = cache_folder() / "models" / "smollm2-135m"
SIZES: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "initializer_range": 0.2,
}


def tokenizer_folder(family: str) -> Path:
    """Where the tokenizer of a family of presets is; skips the test where it is not."""
    if family == "smollm2":
        folder, how = SMOLLM2, "make demo"
    else:
        folder = fetch_tokenizers.cache_folder() / family
        how = "python tests/models/fetch_tokenizers.py"
    if not (folder / "tokenizer.json").is_file():
        pytest.skip(f"the tokenizer of {family} is not here; `{how}` fetches it")
    return folder


@functools.cache
def tokenizer_of(family: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tokenizer_folder(family))


def copy_tokenizer(family: str, target: Path, *, chat: bool) -> None:
    """Put a family's tokenizer into `target` as its hub repositories of chat or base models do."""
    source = tokenizer_folder(family)
    target.mkdir(parents=True, exist_ok=True)
    (target / "tokenizer.json").symlink_to(source / "tokenizer.json")
    config = json.loads((source / "tokenizer_config.json").read_text(encoding="utf-8"))
    if (source / "chat_template.jinja").is_file():
        config["chat_template"] = (source / "chat_template.jinja").read_text(encoding="utf-8")
    if not chat:
        config.pop("chat_template", None)
    if family == "gemma3":
        config["eos_token"] = "<eos>"  # the package has what ends a turn in its place
    (target / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")


def write_model(architecture: str, vocabulary: int, target: Path) -> None:
    """Write a tiny random model of a preset's architecture."""
    import torch
    import transformers

    torch.manual_seed(0)
    sizes = SIZES | {"vocab_size": vocabulary, "tie_word_embeddings": architecture != "llama"}
    if architecture == "gemma3":
        layers = ["sliding_attention", "full_attention"]
        config: Any = transformers.Gemma3TextConfig(**sizes, layer_types=layers, sliding_window=9)
        model: Any = transformers.Gemma3ForCausalLM(config)
    elif architecture == "qwen3":
        model = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**sizes))
    else:
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes))
    model.save_pretrained(target)


@pytest.fixture(scope="session")
def student_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Student]:
    """A function that loads a preset by its name, out of a cache with a tiny model of it."""

    @functools.cache
    def student(preset: str, family: str, architecture: str) -> Student:
        cache = tmp_path_factory.mktemp("cache")
        folder = cache / "models" / preset
        chat = preset not in ("llama2-7b", "gemma3-270m")
        copy_tokenizer(family, folder, chat=chat)
        write_model(architecture, len(tokenizer_of(family)), folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CHEMTUNE_CACHE", str(cache))
            files = resolve_model(preset)
            assert files.folder == folder
            assert files.base_name == load_preset(preset).hub
            return load_student(files, precision="float32")

    return student
