"""GGUF files of each family, with its real tokenizer, answer in llama.cpp as in transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from chemtune.messages import Message
from chemtune.models.template import Template
from chemtune.tuning.gguf_file import write_gguf

TOKENIZERS = Path.home() / ".cache/chemtune/tokenizers"
PROMPTS: list[list[Message]] = [
    [
        {
            "role": "user",
            "content": "What is KOH?  수산화칼륨은 3.5 mS cm−1, 80 °C에서 12345 (x)\n\n\t끝.",
        }
    ],
    [{"role": "user", "content": " naïve ½ H₂SO₄ 'tis  we'll <b>e</b> 한국어😀"}],
]
ANSWER = 24
SHAPE: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
    "initializer_range": 0.2,
}
LLAMA_3 = {
    "rope_type": "llama3",
    "rope_theta": 10_000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
GEMMA = {
    "sliding_window": 16,
    "query_pre_attn_scalar": 16,
    "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen3": ("Qwen3", {"head_dim": 16, "tie_word_embeddings": True}),
    "gemma3": ("Gemma3", {"head_dim": 16, "tie_word_embeddings": True, **GEMMA}),
    "llama2": ("Llama", {"head_dim": 8, "tie_word_embeddings": False}),
    "llama3.1": ("Llama", {"head_dim": 8, "rope_parameters": LLAMA_3}),
}


def random_model(family: str, template: Template) -> Any:
    import transformers

    kind, more = FAMILIES[family]
    config = getattr(transformers, f"{'Gemma3Text' if kind == 'Gemma3' else kind}Config")
    torch.manual_seed(0)
    model = getattr(transformers, f"{kind}ForCausalLM")(
        config(**SHAPE, **more, vocab_size=len(template.tokenizer), eos_token_id=template.end_id)
    )
    for name, weight in model.named_parameters():
        if "norm" in name:  # ones would hide a shift
            torch.nn.init.uniform_(weight, 0.5, 1.5)
    with torch.no_grad():  # rows of unlike size, else hundreds of tokens are about as likely
        rows = model.lm_head.weight
        rows *= torch.randn(len(rows), 1).exp()
    return model.eval()


def greedy(model: Any, ids: list[int]) -> list[int]:
    """The greedy answer, up to where it is nearly undecided.

    llama.cpp computes in part in 16 bits: its log-probabilities are some 0.01 nats off here,
    of every family.
    """
    answer: list[int] = []
    while len(answer) < ANSWER:
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([ids + answer])).logits[0, -1]
        first, second = logits.topk(2).values.tolist()
        if first - second < 0.01 * float(logits.std()):
            break
        answer.append(int(logits.argmax()))
    return answer


@pytest.mark.parametrize("family", FAMILIES)
def test_llama_cpp_answers_as_transformers_does(family: str, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    if not (TOKENIZERS / family / "tokenizer.json").is_file():
        pytest.skip("no real tokenizers: make tokenizers")
    from transformers import AutoTokenizer

    from chemtune.experiment.export_answers import answers_of_gguf

    template = Template.of(AutoTokenizer.from_pretrained(TOKENIZERS / family))
    model = random_model(family, template)
    path = tmp_path / "model.gguf"
    write_gguf(model, template, path, kind="f32", name=family, licence="MIT")
    # It raises where llama.cpp makes other tokens of a prompt than tuning does.
    answers = answers_of_gguf(path, template, PROMPTS, ANSWER)
    compared = 0
    for messages, found in zip(PROMPTS, answers, strict=True):
        wanted = greedy(model, template.prompt_ids(messages))
        assert found.tokens[: len(wanted)] == wanted
        compared += len(wanted)
    assert compared > ANSWER / 2
