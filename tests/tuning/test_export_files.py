from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch

from chemtune.errors import InputError
from chemtune.messages import Message
from chemtune.models.load import Student, load_student, load_tokenizer
from chemtune.models.resolve import resolve_model
from chemtune.models.template import PLAIN, Template
from chemtune.tuning.gguf_file import write_gguf
from chemtune.tuning.gguf_quantize import check_quantizer, mixed_kind, quantized
from chemtune.tuning.gguf_vocabulary import read_vocabulary
from chemtune.tuning.merge import base_precision, merge, save_merged, stop_ids
from chemtune.tuning.ollama import modelfile, read_turns

CHAT: list[Message] = [{"role": "user", "content": "What is KOH? 수산화칼륨"}]


def adapted_folder(model: Path, folder: Path, **settings: Any) -> Path:
    """Write an adapter that changes what the model says."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    wanted = {"target_modules": "all-linear"} | settings
    config = LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, **wanted)
    adapted = get_peft_model(AutoModelForCausalLM.from_pretrained(model), config)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name or "modules_to_save" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    adapted.save_pretrained(folder)
    return folder


def loaded(model: Path, adapter: Path) -> Student:
    return load_student(resolve_model(str(model)), precision="float32", adapter=adapter)


def logits_of(model: Any, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids])).logits[0].float()


@pytest.mark.parametrize(
    ("settings", "untied"),
    [
        ({}, False),
        ({"target_modules": ["q_proj", "lm_head"]}, True),
        ({"target_modules": ["q_proj", "embed_tokens"]}, True),
        ({"target_modules": ["q_proj"], "modules_to_save": ["lm_head"]}, True),
    ],
)
def test_a_merged_folder_says_what_the_adapter_says(
    tiny_model: Path, tmp_path: Path, settings: dict[str, Any], untied: bool
) -> None:
    from transformers import AutoModelForCausalLM

    adapter = adapted_folder(tiny_model, tmp_path / "adapter", **settings)
    student = loaded(tiny_model, adapter)
    ids = student.template.prompt_ids(CHAT)
    wanted = logits_of(student.model, ids)
    base = logits_of(AutoModelForCausalLM.from_pretrained(tiny_model), ids)
    assert float((wanted - base).abs().max()) > 0.1
    merged = merge(student)
    assert merged.untied is untied
    save_merged(merged, student.template, tmp_path / "out", "float32")
    again = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert again.config.tie_word_embeddings is not untied
    torch.testing.assert_close(logits_of(again, ids), wanted, rtol=1e-4, atol=1e-4)


def test_a_merged_folder_stops_and_asks_as_tuning_did(tiny_model: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer, GenerationConfig

    adapter = adapted_folder(tiny_model, tmp_path / "adapter")
    student = loaded(tiny_model, adapter)
    # A base model has no template of its own.
    plain = Template(student.tokenizer, PLAIN, student.template.end_id, own=False)
    save_merged(merge(student), plain, tmp_path / "out", "bfloat16")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert tokenizer.chat_template == PLAIN
    asked = tokenizer.apply_chat_template(CHAT, add_generation_prompt=True, return_dict=True)
    assert asked["input_ids"] == plain.prompt_ids(CHAT)
    decoding = GenerationConfig.from_pretrained(tmp_path / "out")
    assert decoding.eos_token_id == [plain.end_id]
    assert decoding.do_sample is False
    assert base_precision(tmp_path / "out") == "bfloat16"
    held = "".join(path.read_text() for path in (tmp_path / "out").glob("*.json*"))
    assert str(tmp_path) not in held
    assert str(tiny_model) not in held


def read_back(path: Path) -> Any:
    """The model in a GGUF file, by transformers' reader, which undoes what llama.cpp wants."""
    from transformers import AutoModelForCausalLM, GgufConfig

    return AutoModelForCausalLM.from_pretrained(
        path.parent,
        gguf_file=path.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.float32,
    ).eval()


def written(model: Any, template: Template, path: Path, kind: str) -> Path:
    write_gguf(model.eval(), template, path, kind=kind, name="tiny", licence="MIT")
    return path


@pytest.mark.parametrize(("kind", "error"), [("f32", 1e-5), ("f16", 0.02), ("q8_0", 0.3)])
def test_a_gguf_file_holds_the_merged_model(
    tiny_model: Path, tmp_path: Path, kind: str, error: float
) -> None:
    adapter = adapted_folder(tiny_model, tmp_path / "adapter")
    student = loaded(tiny_model, adapter)
    model = merge(student).model
    path = written(model, student.template, tmp_path / "m.gguf", kind)
    ids = student.template.prompt_ids(CHAT)
    found, wanted = logits_of(read_back(path), ids), logits_of(model, ids)
    assert float((found - wanted).abs().max()) < error
    reader = gguf.GGUFReader(path)
    assert "output.weight" not in {tensor.name for tensor in reader.tensors}
    assert reader.fields["tokenizer.chat_template"].contents() == student.template.text


def random_model(kind: str) -> Any:
    import transformers

    torch.manual_seed(0)
    of = {
        "qwen3": ("Qwen3Config", "Qwen3ForCausalLM"),
        "llama": ("LlamaConfig", "LlamaForCausalLM"),
    }
    config, model = (getattr(transformers, name) for name in of[kind])
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "head_dim": 8}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": False}
    rope = {"rope_type": "default", "rope_theta": 10_000.0}
    if kind == "llama":
        rope |= {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0}
        rope |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    else:  # the reader of transformers takes no other size
        shape |= {"head_dim": 128}
    made = model(
        config(
            vocab_size=700,
            initializer_range=0.2,
            max_position_embeddings=512,
            rope_parameters=rope,
            eos_token_id=2,
            **shape,
            **heads,
        )
    )
    for name, weight in made.named_parameters():
        if "norm" in name:  # ones would hide a shift
            torch.nn.init.uniform_(weight, 0.5, 1.5)
    return made.eval()


def test_qwen_and_gemma_are_read_back_alike(
    tiny_model: Path, tmp_path: Path, tiny_gemma: Any
) -> None:
    template = Template.of(load_tokenizer(resolve_model(str(tiny_model))))
    ids = template.prompt_ids(CHAT)
    qwen = random_model("qwen3")
    path = written(qwen, template, tmp_path / "qwen.gguf", "f32")
    torch.testing.assert_close(
        logits_of(read_back(path), ids), logits_of(qwen, ids), rtol=1e-4, atol=1e-4
    )
    tiny_gemma.config.query_pre_attn_scalar = 8  # as llama.cpp takes it to be: a head's size
    path = written(tiny_gemma, template, tmp_path / "gemma.gguf", "f32")
    tensors = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
    norm = tiny_gemma.model.layers[1].self_attn.q_norm.weight
    np.testing.assert_allclose(tensors["blk.1.attn_q_norm.weight"], norm.detach().numpy() + 1)
    queries = tiny_gemma.model.layers[1].self_attn.q_proj.weight
    np.testing.assert_array_equal(tensors["blk.1.attn_q.weight"], queries.detach().numpy())


def test_the_scaling_of_llama_3_is_written_as_divisors(tiny_model: Path, tmp_path: Path) -> None:
    template = Template.of(load_tokenizer(resolve_model(str(tiny_model))))
    path = written(random_model("llama"), template, tmp_path / "llama.gguf", "f32")
    tensors = {tensor.name: tensor.data for tensor in gguf.GGUFReader(path).tensors}
    # Wave lengths 2 pi 10000^(i/4): of 6 is under 64/4, of 6283 over 64/1; between, by the formula.
    smooth = (64 / (2 * np.pi * 10) - 1) / (4 - 1)
    between = 1 / ((1 - smooth) / 8 + smooth)
    np.testing.assert_allclose(tensors["rope_freqs.weight"], [1, between, 8, 8], rtol=1e-5)


def test_what_cannot_be_written_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    template = Template.of(load_tokenizer(resolve_model(str(tiny_model))))
    model = random_model("qwen3")
    model.config.model_type = "mamba"
    with pytest.raises(InputError, match=r"mamba.*convert_hf_to_gguf"):
        written(model, template, tmp_path / "m.gguf", "f16")
    assert not (tmp_path / "m.gguf").exists()


def test_a_vocabulary_is_split_as_its_tokenizer_splits(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(resolve_model(str(tiny_model)))
    found = read_vocabulary(tokenizer, len(tokenizer) + 3)
    assert (found.model, found.pre, found.add_bos) == ("gpt2", "gpt-2", False)
    assert found.tokens[-1] == f"[PAD{len(tokenizer) + 2}]"
    assert found.types[:3] == [gguf.TokenType.CONTROL] * 3
    whole = json.loads(tokenizer.backend_tokenizer.to_str())
    whole["pre_tokenizer"] = {"type": "Whitespace"}
    from tokenizers import Tokenizer

    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(whole))
    with pytest.raises(InputError, match="Whitespace"):
        read_vocabulary(tokenizer, len(tokenizer))


def go_rendered(text: str, messages: list[Message]) -> str:
    """Render the part of Go's template language that a Modelfile has, from its text alone."""
    system = next((m["content"] for m in messages if m["role"] == "system"), "")
    parts = re.split(r"({{.*?}})", text)

    def run(at: int, value: dict[str, Any], on: bool, out: list[str]) -> int:
        while at < len(parts):
            part = parts[at]
            word = part[2:-2].strip() if part.startswith("{{") else None
            if word is None:
                out.append(part if on else "")
            elif word.startswith("range"):
                for index, message in enumerate(messages):
                    end = run(at + 1, {"i": index, "m": message}, on, out)
                at = end
            elif word.startswith("if"):
                at = branch(at, word[3:], value, on, out)
            elif word.startswith(("else", "end")):
                return at
            elif on:
                fields = {".System": lambda: system, "$m.Content": lambda: value["m"]["content"]}
                out.append(fields[word]() if word in fields else json.loads(word))
            at += 1
        return at

    def branch(at: int, test: str, value: dict[str, Any], on: bool, out: list[str]) -> int:
        taken = holds(test, value)
        at = run(at + 1, value, on and taken, out)
        word = parts[at][2:-2].strip()
        if word.startswith("else if"):
            return branch(at, word[8:], value, on and not taken, out)
        return run(at + 1, value, on and not taken, out) if word == "else" else at

    def holds(test: str, value: dict[str, Any]) -> bool:
        if test == ".System":
            return bool(system)
        if test == "gt $i 1":
            return bool(value["i"] > 1)
        role = re.fullmatch(r'eq \$m\.Role "(\w+)"', test)
        assert role is not None
        return bool(value["m"]["role"] == role[1])

    out: list[str] = []
    run(0, {}, True, out)
    return "".join(out)


FOLDED = (
    "{{ bos_token }}{% set ns = namespace(told='') %}{% for m in messages %}"
    "{% if m['role'] == 'system' %}{% set ns.told = m['content'] + '\n\n' %}{% else %}"
    "{{ '<t>' + m['role'] + '\n' + ns.told + m['content'] + '</t>{{\n' }}{% set ns.told = '' %}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<t>assistant\n' }}{% endif %}"
)
DEFAULT = (
    "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}{{ '<s>Be kind</s>\n' }}"
    "{% endif %}{{ '<' + m['role'] + '>' + m['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)


@pytest.mark.parametrize("text", [None, PLAIN, FOLDED, DEFAULT])
def test_ollama_writes_the_prompts_of_tuning(tiny_model: Path, text: str | None) -> None:
    tokenizer = load_tokenizer(resolve_model(str(tiny_model)))
    tokenizer.chat_template = text or tokenizer.chat_template
    template = Template.of(tokenizer)
    written = modelfile(
        read_turns(template), template, "m.gguf", stops=stop_ids(template), adds_bos=False
    )
    body = written.partition('TEMPLATE """')[2].partition('"""')[0]
    talk = [*CHAT, {"role": "assistant", "content": "{{ .System }}"}, CHAT[0]]
    for messages in (CHAT, talk, [{"role": "system", "content": "Be short."}, *talk]):
        assert go_rendered(body, messages) == template.prompt_text(messages)
    assert 'PARAMETER stop "<|im_end|>"' in written
    assert "PARAMETER temperature 0\nPARAMETER repeat_penalty 1.0" in written


def test_a_bos_that_the_file_adds_is_not_in_the_template(tiny_model: Path) -> None:
    template = Template.of(load_tokenizer(resolve_model(str(tiny_model))))
    turns = read_turns(template)
    added = modelfile(turns, template, "m.gguf", stops=[2], adds_bos=True)
    body = added.partition('TEMPLATE """')[2].partition('"""')[0]
    assert "<|im_start|>" + go_rendered(body, CHAT) == template.prompt_text(CHAT)


def test_a_template_with_a_mind_of_its_own_is_refused(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(resolve_model(str(tiny_model)))
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] | upper }}{% endfor %}"
    with pytest.raises(InputError, match="chat template"):
        read_turns(Template.of(tokenizer))


def test_without_ggml_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chemtune.tuning.gguf_quantize._ggml", lambda: None)
    with pytest.raises(InputError, match=r"llama-quantize NAME-f16\.gguf"):
        check_quantizer()


def test_the_mixture_of_four_bits() -> None:
    assert mixed_kind("blk.3.attn_q.weight", 512, 30, True).name == "Q4_K"
    assert mixed_kind("token_embd.weight", 512, 30, True).name == "Q6_K"
    assert mixed_kind("token_embd.weight", 512, 30, False).name == "Q4_K"
    assert mixed_kind("token_embd.weight", 576, 30, True).name == "Q8_0"
    assert mixed_kind("blk.0.attn_k.weight", 576, 30, True).name == "Q5_0"
    down = [mixed_kind(f"blk.{i}.ffn_down.weight", 1536, 30, True).name for i in range(30)]
    assert [i for i, kind in enumerate(down) if kind == "Q6_K"] == [
        0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 26, 27, 28, 29
    ]  # fmt: skip


def test_four_bits_are_read_back_near() -> None:
    pytest.importorskip("xllamacpp")
    values = np.random.default_rng(0).normal(size=(6, 512)).astype(np.float32)
    for kind, error in (
        (gguf.GGMLQuantizationType.Q4_K, 0.1),
        (gguf.GGMLQuantizationType.Q6_K, 0.03),
    ):
        back = gguf.quants.dequantize(quantized(values, kind), kind)
        assert 0 < np.sqrt(np.mean((back - values) ** 2)) < error
