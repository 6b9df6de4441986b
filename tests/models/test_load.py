from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from chemtune.errors import InputError
from chemtune.models.load import load_student, weightless_student
from chemtune.models.resolve import ModelFiles, resolve_model

TEXT = {
    "vocab_size": 700,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "sliding_window": 9,
    "layer_types": ["sliding_attention", "full_attention"],
    "max_position_embeddings": 4096,
    "initializer_range": 0.2,
}
VISION = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}


@pytest.fixture
def reads_images(tiny_model: Path, tmp_path: Path) -> tuple[Path, Any]:
    """A tiny Gemma 3 that also reads images, in its folder, with the tiny model's tokenizer."""
    torch.manual_seed(0)
    config = transformers.Gemma3Config(
        text_config=TEXT, vision_config=VISION, mm_tokens_per_image=4, image_token_index=699
    )
    model = transformers.Gemma3ForConditionalGeneration(config).eval()
    folder = tmp_path / "gemma"
    model.save_pretrained(folder)
    for file in (*tiny_model.glob("tokenizer*"), *tiny_model.glob("*.jinja")):
        shutil.copy(file, folder)
    return folder, model


@pytest.mark.parametrize("naming", ["old", "new"])
def test_of_gemma3_with_images_the_language_model_is_loaded(
    reads_images: tuple[Path, Any], naming: str
) -> None:
    folder, whole = reads_images
    weights = load_file(folder / "model.safetensors")
    assert any(name.startswith("language_model.model.") for name in weights)
    if naming == "new":
        renamed = {
            f"model.{name.replace('language_model.model', 'language_model')}": weight
            for name, weight in weights.items()
        }
        save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})
    student = load_student(resolve_model(str(folder)), precision="float32")
    assert isinstance(student.model, transformers.Gemma3ForCausalLM)
    assert student.context == 4096
    assert student.model.lm_head.weight is student.model.model.embed_tokens.weight
    assert not any("vision" in name for name, _ in student.model.named_parameters())
    ids = torch.randint(0, 690, (2, 30))
    with torch.no_grad():
        assert torch.equal(student.model(input_ids=ids).logits, whole(input_ids=ids).logits)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_without_weights_sizes_tokens_and_memory_are_the_same(
    tiny_model: Path, adapt: Any, precision: str
) -> None:
    from chemtune.tuning.memory import estimate

    files = resolve_model(str(tiny_model))
    loaded = load_student(files, precision=precision, on_processor=True)
    weightless = weightless_student(files, precision=precision)
    assert weightless.context == loaded.context
    assert weightless.template.end_id == loaded.template.end_id
    adapted = [adapt(student.model) for student in (loaded, weightless)]
    shapes = [{n: (p.shape, p.dtype) for n, p in model.named_parameters()} for model in adapted]
    assert shapes[0] == shapes[1]
    assert all(parameter.is_meta for parameter in weightless.model.parameters())
    first, second = (estimate(m, tokens=512, labels=128, longest=200) for m in adapted)
    assert first == second


def test_other_models_that_read_images_are_refused(tmp_path: Path) -> None:
    config = transformers.LlavaConfig(
        text_config={"model_type": "llama", "hidden_size": 32, "num_hidden_layers": 1},
        vision_config={"model_type": "siglip_vision_model", **VISION},
    )
    config.save_pretrained(tmp_path)
    files = ModelFiles("llava", tmp_path, "folder", "unknown", "llava")
    with pytest.raises(InputError, match=r"is a multimodal model \(llava\)"):
        load_student(files, precision="float32")


def test_weights_that_are_missing_are_not_made_up(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    shutil.copytree(tiny_model, folder)
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"], weights["model.norm.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lacks 2 of the model's weights, such as model\.layers"):
        load_student(resolve_model(str(folder)), precision="float32")


def test_an_adapter_whose_weights_find_no_place(tiny_model: Path, tmp_path: Path, adapt) -> None:
    files = resolve_model(str(tiny_model))
    adapted = adapt(load_student(files, precision="float32").model)
    adapted.peft_config["default"].base_model_name_or_path = files.base_name
    adapted.save_pretrained(tmp_path)
    load_student(files, precision="float32", adapter=tmp_path)
    weights = load_file(tmp_path / "adapter_model.safetensors")
    moved = {
        n.replace("model.layers", "model.language_model.layers"): w for n, w in weights.items()
    }
    save_file(moved, tmp_path / "adapter_model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match="does not fit the model"):
        load_student(files, precision="float32", adapter=tmp_path)


def test_a_template_of_the_preset_stands_in(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(tiny_model, folder)
    (folder / "chat_template.jinja").unlink()
    written = "{% for m in messages %}{{ m['content'] + eos_token }}{% endfor %}"
    files = ModelFiles("bare", folder, "folder", "unknown", "bare", template=written)
    assert load_student(files, precision="float32").template.text == written
    assert "chat_template" not in json.loads((folder / "tokenizer_config.json").read_text())
    own = ModelFiles("own", tiny_model, "folder", "unknown", "own", template=written)
    assert load_student(own, precision="float32").template.text != written
