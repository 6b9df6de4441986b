"""Likelihoods, against a naive loop: one option at a time, full logits, no batch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from chemtune.evaluation.likelihood import Scoring, encode_options, option_log_likelihoods

PROMPTS = [
    ("Which gas burns?\nA. neon\nB. hydrogen\nAnswer:", [" A", " B", " C", " D"]),
    ("다음 중 산은?\n① 염산 ② 소금\n정답:", [" ①", " ②", " ③"]),
    ("A catalyst of", [" platinum", " iridium dioxide on carbon", " Pt"]),
    ("The membrane was cast from a solution in " * 6, [" water", " water and ethanol"]),
]


@pytest.fixture
def model(tiny_model: Path):
    return AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32).eval()


@pytest.fixture
def tokenizer(tiny_model: Path):
    return AutoTokenizer.from_pretrained(tiny_model)


def naive(model, tokenizer, prompt: str, option: str) -> float:
    """The log-likelihood of the tokens that the option adds to the prompt."""
    head, whole = tokenizer(prompt)["input_ids"], tokenizer(prompt + option)["input_ids"]
    assert whole[: len(head)] == head
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([whole])).logits[0].double()
    scores = torch.log_softmax(logits, dim=-1)
    return sum(float(scores[at - 1, whole[at]]) for at in range(len(head), len(whole)))


@pytest.mark.parametrize("tokens_per_pass", [1, 150, 100_000])
def test_equal_to_a_naive_loop_in_any_batch(model, tokenizer, tokens_per_pass: int) -> None:
    scorings = [encode_options(tokenizer, prompt, options) for prompt, options in PROMPTS]
    found = dict(option_log_likelihoods(model, scorings, pad_id=0, tokens_per_pass=tokens_per_pass))
    assert sorted(found) == list(range(len(PROMPTS)))
    for index, (prompt, options) in enumerate(PROMPTS):
        expected = [naive(model, tokenizer, prompt, option) for option in options]
        assert found[index] == pytest.approx(expected, abs=1e-4)


def test_labels_take_one_row_and_texts_a_row_each(tokenizer) -> None:
    from chemtune.evaluation.likelihood import _rows

    labels = encode_options(tokenizer, "Answer:", ["A", "B", "C", "D"])
    circled = encode_options(tokenizer, *PROMPTS[1])
    texts = encode_options(tokenizer, *PROMPTS[2])
    assert len(_rows(0, labels)) == 1
    assert len(_rows(0, circled)) == 1
    assert len(_rows(0, texts)) == 3


def test_a_token_across_the_boundary_belongs_to_the_options() -> None:
    class Merging:
        """Joins "ab" to one token, as a tokenizer may across prompt and option."""

        def __call__(self, text: str) -> dict[str, list[int]]:
            return {"input_ids": [ord(c) for c in text.replace("ab", "X")]}

    scoring = encode_options(Merging(), "qa", ["b", "c"])
    assert scoring == Scoring([ord("q")], [[ord("X")], [ord("a"), ord("c")]])
