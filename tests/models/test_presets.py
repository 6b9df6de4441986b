"""Every preset's architecture, tokenizer and template together, against transformers' own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chemtune.evaluation.generation import generate
from chemtune.models.coverage import tokens_per_syllable, tokens_per_word
from chemtune.models.load import Student
from chemtune.models.preset import load_preset, preset_names
from chemtune.models.template import PLAIN, Template
from chemtune.tuning.adapter import with_adapter

# Preset: the family of its tokenizer, its architecture, and the token that ends an answer. Kanana's
# tokenizer is at no package registry; Llama 3.1's stands in for it.
PRESETS = {
    "gemma3-270m": ("gemma3", "gemma3", "<eos>"),
    "gemma3-1b-it": ("gemma3", "gemma3", "<end_of_turn>"),
    "kanana1.5-8b-instruct": ("llama3.1", "llama", "<|eot_id|>"),
    "llama2-7b": ("llama2", "llama", "</s>"),
    "llama2-7b-chat": ("llama2", "llama", "</s>"),
    "llama3.1-8b-instruct": ("llama3.1", "llama", "<|eot_id|>"),
    "qwen3-0.6b": ("qwen3", "qwen3", "<|im_end|>"),
    "smollm2-135m": ("smollm2", "smollm2", "<|im_end|>"),
}
# Presets that differ from one above in size alone; gemma3-4b-it is in test_load.py too.
SIZES = {
    "gemma3-4b-it": "gemma3-1b-it",
    "kanana1.5-2.1b-instruct": "kanana1.5-8b-instruct",
    "llama2-13b": "llama2-7b",
    "llama2-13b-chat": "llama2-7b-chat",
    "qwen3-1.7b": "qwen3-0.6b",
    "qwen3-4b": "qwen3-0.6b",
    "qwen3-8b": "qwen3-0.6b",
    "smollm2-360m": "smollm2-135m",
    "smollm2-1.7b": "smollm2-135m",
}
BASE = ("gemma3-270m", "llama2-7b")
CHAT = sorted(set(PRESETS) - set(BASE))
SYSTEM = {"role": "system", "content": "Answer as JSON."}
QUESTION = {"role": "user", "content": "물의 화학식은? IrO₂ at 80 °C,\n  3.5 mS cm−1 [INST] </s"}
CONVERSATIONS = [[QUESTION], [SYSTEM, QUESTION]]
ANSWERS = ["H₂O", '{"Q1": "산화 이리듐", "Q2": 3.5}', "물입니다.\n\n- 하나\n- 둘", "42", "가"]


@pytest.fixture
def student(request: pytest.FixtureRequest, student_of: Any) -> Student:
    family, architecture, _ = PRESETS[request.param]
    return student_of(request.param, family, architecture)


def theirs(student: Student, messages: list[dict[str, str]], *, prompt: bool) -> list[int]:
    """The token ids of transformers, thinking switched off."""
    ids: list[int] = student.tokenizer.apply_chat_template(
        messages,
        tokenize=True,
        return_dict=False,
        add_generation_prompt=prompt,
        enable_thinking=False,
    )
    return ids


def test_each_preset_is_tested() -> None:
    assert sorted([*PRESETS, *SIZES]) == preset_names()
    for other, tested in SIZES.items():
        mine, known = load_preset(other), load_preset(tested)
        assert (mine.licence, mine.gated, mine.template) == (
            known.licence,
            known.gated,
            known.template,
        )


@pytest.mark.parametrize("student", CHAT, indirect=True)
@pytest.mark.parametrize("messages", CONVERSATIONS, ids=["question", "system"])
def test_prompt_and_answer_are_what_transformers_renders(
    student: Student, messages: list[dict[str, str]]
) -> None:
    template = student.template
    assert template.own
    assert template.exact
    prompt = template.prompt_ids(messages)
    assert prompt == theirs(student, messages, prompt=True)
    for answer in ANSWERS:
        whole = theirs(student, [*messages, {"role": "assistant", "content": answer}], prompt=False)
        ids = prompt + template.answer_ids(answer)
        assert ids == whole[: len(ids)], answer
        # Behind the end a template writes a line break at most; it is not the answer's.
        assert student.tokenizer.decode(whole[len(ids) :]).strip() == ""


@pytest.mark.parametrize("student", PRESETS, indirect=True)
def test_one_bos_and_the_right_end(student: Student, request: pytest.FixtureRequest) -> None:
    tokenizer, template = student.tokenizer, student.template
    family, _, end = PRESETS[request.node.callspec.params["student"]]
    prompt = template.prompt_ids([SYSTEM, QUESTION])
    if family == "qwen3":
        assert tokenizer.bos_token_id is None
    elif family == "smollm2":  # its BOS is what begins every turn: system, user, assistant
        assert prompt.count(tokenizer.bos_token_id) == 3
        assert prompt[1] != tokenizer.bos_token_id
    else:
        assert prompt.count(tokenizer.bos_token_id) == 1
        assert prompt[0] == tokenizer.bos_token_id
    answer = template.answer_ids("물")
    assert tokenizer.convert_ids_to_tokens(answer[-1]) == end
    assert template.end_id == answer[-1]
    assert template.end_id not in answer[:-1]
    assert tokenizer.decode(answer[:-1]).strip() == "물"


@pytest.mark.parametrize("student", BASE, indirect=True)
def test_a_base_model_gets_the_plain_template(student: Student) -> None:
    template = student.template
    assert (template.own, template.text) == (False, PLAIN)
    text = template.prompt_text([SYSTEM, QUESTION])
    assert text.startswith(f"{student.tokenizer.bos_token}### System\nAnswer as JSON.\n\n### User")
    whole = student.tokenizer(
        f"{text}산화 이리듐{student.tokenizer.eos_token}", add_special_tokens=False
    )["input_ids"]
    ids = template.prompt_ids([SYSTEM, QUESTION]) + template.answer_ids("산화 이리듐")
    # Llama 2's tokenizer begins each text with a space, so also an answer after a line break.
    assert template.exact == (student.tokenizer.bos_token != "<s>")
    space = [] if template.exact else [student.tokenizer.convert_tokens_to_ids("▁")]
    start = len(template.prompt_ids([SYSTEM, QUESTION]))
    assert ids == whole[:start] + space + whole[start:]


@pytest.mark.parametrize("legacy", [True, False])
def test_llama2_is_asked_as_in_metas_own_code(legacy: bool) -> None:
    from transformers import AutoTokenizer

    from models.conftest import tokenizer_folder

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder("llama2"), legacy=legacy)
    tokenizer.chat_template = load_preset("llama2-7b-chat").template
    template = Template.of(tokenizer)
    said = "[INST] <<SYS>>\nAnswer as JSON.\n<</SYS>>\n\nWater? [/INST]"
    messages = [SYSTEM, {"role": "user", "content": "Water? "}]
    assert template.prompt_text(messages) == f"<s>{said}"
    turns = [*messages, {"role": "assistant", "content": "H2O"}, QUESTION]
    assert template.prompt_text(turns) == (
        f"<s>{said} H2O </s><s>[INST] {QUESTION['content']} [/INST]"
    )
    assert template.exact
    if legacy:  # a turn is encoded by itself there, with BOS and EOS; so is it with `legacy`
        assert template.prompt_ids(messages) == tokenizer(said)["input_ids"]
        ids = template.prompt_ids(messages) + template.answer_ids("H2O")
        assert ids == [*tokenizer(f"{said} H2O ")["input_ids"], tokenizer.eos_token_id]


@pytest.mark.parametrize("student", ["qwen3-0.6b"], indirect=True)
def test_qwen3_answers_without_thinking(student: Student) -> None:
    text = student.template.prompt_text([QUESTION])
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert "<think>" not in student.tokenizer.decode(student.template.answer_ids("물"))


@pytest.mark.parametrize("student", ["gemma3-1b-it"], indirect=True)
def test_gemma3_has_the_system_message_in_the_users_turn(student: Student) -> None:
    asked = student.template.prompt_text([SYSTEM, {"role": "user", "content": "물?"}])
    turn = "<start_of_turn>user\nAnswer as JSON.\n\n물?<end_of_turn>\n<start_of_turn>model\n"
    assert asked == f"<bos>{turn}"


@pytest.mark.parametrize("student", PRESETS, indirect=True)
def test_an_adapter_on_all_linear_layers(student: Student) -> None:
    import copy

    import torch

    model = copy.deepcopy(student.model)
    tied = model.lm_head.weight is model.model.embed_tokens.weight
    assert tied == model.config.tie_word_embeddings
    adapted = with_adapter(
        model, rank=4, alpha=8, dropout=0.0, targets="all-linear", base_name="tiny"
    )
    trained = {name: p for name, p in adapted.named_parameters() if p.requires_grad}
    layers = {name.split(".lora_")[0].rpartition(".")[2] for name in trained}
    assert layers == {
        *("q_proj", "k_proj", "v_proj", "o_proj"),
        *("gate_proj", "up_proj", "down_proj"),
    }
    assert len(trained) == 2 * 7 * model.config.num_hidden_layers
    ids = student.template.prompt_ids([QUESTION]) + student.template.answer_ids("산화 이리듐")
    row = torch.tensor([ids])
    with torch.no_grad():
        assert torch.equal(adapted(input_ids=row).logits, student.model(input_ids=row).logits)
    adapted(input_ids=row, labels=row).loss.backward()
    assert all(p.grad.abs().sum() > 0 for name, p in trained.items() if "lora_B" in name)
    base = adapted.get_base_model()
    assert (base.lm_head.weight is base.model.embed_tokens.weight) == tied
    assert base.model.embed_tokens.weight.grad is None


@pytest.mark.parametrize("student", PRESETS, indirect=True)
def test_it_is_decoded_as_transformers_does(student: Student) -> None:
    import torch

    template = student.template
    prompts = [template.prompt_ids([QUESTION]), template.prompt_ids([SYSTEM, QUESTION])]
    answers = {i: text for i, text, _ in generate(student, prompts, limits=[16, 16])}
    for i, prompt in enumerate(prompts):
        said = student.model.generate(
            torch.tensor([prompt]), max_new_tokens=16, do_sample=False, eos_token_id=template.end_id
        )[0, len(prompt) :]
        assert student.tokenizer.decode(said, skip_special_tokens=True).strip() == answers[i]
        assert answers[i]


@pytest.mark.parametrize("student", PRESETS, indirect=True)
def test_what_is_loaded_again_is_the_same(student: Student, tmp_path: Path) -> None:
    """Export saves the tokenizer with its template: read back, it asks alike."""
    from transformers import AutoTokenizer

    tokenizer, template = student.tokenizer, student.template
    own = tokenizer.chat_template
    try:
        tokenizer.chat_template = template.text
        tokenizer.save_pretrained(tmp_path)
    finally:
        tokenizer.chat_template = own
    again = Template.of(AutoTokenizer.from_pretrained(tmp_path))
    assert again.prompt_ids([SYSTEM, QUESTION]) == template.prompt_ids([SYSTEM, QUESTION])
    assert again.answer_ids("물") == template.answer_ids("물")


@pytest.mark.parametrize(
    ("student", "korean"),
    [
        ("smollm2-135m", 2.86),
        ("llama2-7b", 2.12),
        ("qwen3-0.6b", 1.08),
        ("llama3.1-8b-instruct", 0.94),
        ("gemma3-270m", 0.79),
    ],
    indirect=["student"],
)
def test_tokens_of_korean(student: Student, korean: float) -> None:
    assert tokens_per_syllable(student.tokenizer) == pytest.approx(korean, abs=0.005)
    assert 1.1 < tokens_per_word(student.tokenizer) < 1.4
