"""What many tests need: a tiny model with a real tokenizer and template, and a small run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

# The tests read English messages, whatever the machine's locale; those of wording/ set their own.
os.environ["CHEMTUNE_LANGUAGE"] = "en"
pytest_plugins = ["chat_server", "batch_server", "hub_server"]
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SAMPLE = Path(__file__).resolve().parents[1] / "src/chemtune/domains/chemistry/sample"

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% endif %}"
)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random Llama of 0.1 million parameters, grouped-query attention, tied
    embeddings, and a byte-level tokenizer trained on the sample."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<|pad|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    lines = (SAMPLE / "documents/general.jsonl").read_text(encoding="utf-8").splitlines()
    tokenizer.train_from_iterator([json.loads(line)["text"] for line in lines], trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|pad|>",
    )
    wrapped.chat_template = CHATML
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(wrapped),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        initializer_range=0.2,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    folder = tmp_path_factory.mktemp("models") / "tiny"
    LlamaForCausalLM(config).save_pretrained(folder)
    wrapped.save_pretrained(folder)
    return folder


@pytest.fixture
def tiny_gemma():
    """A random Gemma 3 whose layers see all, or nine positions."""
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    torch.manual_seed(0)
    config = Gemma3TextConfig(
        vocab_size=700,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        sliding_window=9,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        initializer_range=0.2,
        eos_token_id=2,
        pad_token_id=0,
    )
    return Gemma3ForCausalLM(config).eval()


@pytest.fixture
def adapt():
    """A function that gives a model an adapter which is not born without effect."""
    import torch

    from chemtune.tuning.adapter import with_adapter

    def adapted(model):
        torch.manual_seed(1)
        model = with_adapter(
            model, rank=4, alpha=8, dropout=0.0, targets="all-linear", base_name="tiny"
        )
        for name, parameter in model.named_parameters():
            if "lora_B" in name:  # B is born zero, which would hide the gradient of A
                torch.nn.init.normal_(parameter, std=0.1)
        return model

    return adapted


def part_of(name: str, folder: Path, **counts: int) -> Path:
    """Write to `folder` the first so many records of each split of a file of the sample."""
    lines = (SAMPLE / name).read_text(encoding="utf-8").splitlines()
    of_split = {split: [x for x in lines if json.loads(x)["split"] == split] for split in counts}
    path = folder / Path(name).name
    chosen = [line for split, count in counts.items() for line in of_split[split][:count]]
    path.write_text("".join(f"{line}\n" for line in chosen), encoding="utf-8")
    return path


@pytest.fixture
def make_run(tmp_path: Path, tiny_model: Path):
    """A function that writes a small recipe over a part of the sample for the tiny model."""
    documents = part_of("documents/general.jsonl", tmp_path, train=8, validation=1, test=3)
    pairs = part_of("questions_short.jsonl", tmp_path, train=13, validation=2, test=5)

    def make(**changes: object) -> Path:
        recipe: dict[str, Any] = {
            "name": "small",
            "documents": [
                {
                    "path": str(documents),
                    "tasks": ["keyword_extraction"],
                },
                {
                    "path": str(pairs),
                    "columns": {"text": "question"},
                    "tasks": ["question_answering_short"],
                },
            ],
            "teacher": {"kind": "recorded", "replies": str(SAMPLE / "replies")},
            "model": str(tiny_model),
            "run": str(tmp_path / "run"),
            "tuning": {
                "epochs": 2,
                "batch_size": 4,
                "learning_rate": 0.01,
                "precision": "float32",
                "checkpoint_steps": 2,
                "tokens_per_pass": 900,
            },
            "evaluation": {"max_new_tokens": 12, "documents": 2},
        } | changes
        # The domain's texts are more than the rest of such a run together.
        recipe["evaluation"] = {"texts": False, **recipe["evaluation"]}
        path = tmp_path / "recipe.yaml"
        # JSON is YAML, and needs no library to write.
        path.write_text(json.dumps(recipe, indent=1, ensure_ascii=False), encoding="utf-8")
        return path

    return make


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests leave the user's cache alone, and ask no hub."""
    monkeypatch.setenv("CHEMTUNE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files whose tests wait, for a browser or a cluster, among those that compute.

    Two files are run at a time: two that wait would leave the processors idle, and one that takes
    long would run alone at the end.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [path for path in files if path.name == "test_ray.py" or path.parent.name == "web"]
    computing = [path for path in files if path not in waiting]
    places = {path: at for at, path in enumerate(computing)}
    # The last sixth is left to what computes.
    between = 5 / 6 * len(computing) / max(len(waiting), 1)
    places |= {path: between * at for at, path in enumerate(waiting)}
    items.sort(key=lambda item: places[item.path])
