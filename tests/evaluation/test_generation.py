"""Batched greedy answers, against a loop that takes the largest logit one token at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from chemtune.evaluation.generation import generate
from chemtune.models.load import load_student
from chemtune.models.resolve import resolve_model


@pytest.fixture
def student(tiny_model: Path):
    return load_student(resolve_model(str(tiny_model)), precision="float32")


def naive(student, prompt: list[int], limit: int) -> list[int]:
    ids = list(prompt)
    for _ in range(limit):
        with torch.no_grad():
            token = int(student.model(input_ids=torch.tensor([ids])).logits[0, -1].argmax())
        if token == student.template.end_id:
            break
        ids.append(token)
    return ids[len(prompt) :]


@pytest.mark.parametrize("tokens_per_batch", [10, 10_000])
def test_equal_to_a_naive_loop_with_limits_of_its_own(student, tokens_per_batch: int) -> None:
    texts = ["water", "a longer question about iridium oxide", "물은 무엇인가?", "Pt"]
    prompts = [student.template.prompt_ids([{"role": "user", "content": t}]) for t in texts]
    limits = [3, 9, 14, 1]
    found = {
        index: text
        for index, text, _ in generate(
            student, prompts, limits=limits, tokens_per_batch=tokens_per_batch
        )
    }
    for index, (prompt, limit) in enumerate(zip(prompts, limits, strict=True)):
        expected = student.tokenizer.decode(naive(student, prompt, limit), skip_special_tokens=True)
        assert found[index] == expected.strip()


def test_an_answer_that_ends_is_told_from_one_that_is_cut_off(student) -> None:
    prompt = student.template.prompt_ids([{"role": "user", "content": "water"}])
    said = naive(student, prompt, 40)
    ((_, _, cut),) = generate(student, [prompt], limits=[2])
    assert cut is (len(said) < 2)
    # A head that prefers the end of the answer ends at once.
    embedding = student.model.get_output_embeddings().weight
    with torch.no_grad():
        hidden = student.model.model(input_ids=torch.tensor([prompt])).last_hidden_state[0, -1]
        embedding[student.template.end_id] = 10 * hidden
    ((_, text, ended),) = generate(student, [prompt], limits=[5])
    assert (text, ended) == ("", True)
