"""Batched greedy answers, against a loop that takes the largest logit one token at a time."""

from __future__ import annotations

from dataclasses import replace
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


DOCUMENTS = [
    "Iridium oxide on titania, an anode for electrolysis. ",
    "물은 수소와 산소로 이루어진다. ",
]


def prompts_of(student) -> list[list[int]]:
    texts = [f"{d}{t}" for d in DOCUMENTS for t in ("Keywords?", "Names?", "Keywords, names?")]
    return [student.template.prompt_ids([{"role": "user", "content": text}]) for text in texts]


def test_prompts_that_share_a_document_are_equal_to_a_naive_loop(student) -> None:
    prompts = prompts_of(student)
    prompts += [prompts[0], prompts[1][:-3]]  # the same again, and the beginning of another
    found = {i: text for i, text, _ in generate(student, prompts, limits=[12] * len(prompts))}
    for index, prompt in enumerate(prompts):
        said = student.tokenizer.decode(naive(student, prompt, 12), skip_special_tokens=True)
        assert found[index] == said.strip()


def test_rows_that_end_early_leave_the_others_as_they_are(student, monkeypatch) -> None:
    prompts = prompts_of(student)
    whole = [naive(student, prompt, 30) for prompt in prompts]
    # What some say early ends an answer from now on, so that rows are taken out at several steps.
    stops = {whole[0][2], whole[4][9]}
    monkeypatch.setattr("chemtune.evaluation.generation.stop_ids", lambda _: stops)
    expected = []
    for said in whole:
        end = next((i for i, token in enumerate(said) if token in stops), None)
        expected.append((student.tokenizer.decode(said[:end]).strip(), end is not None))
    assert len({len(text) for text, _ in expected}) > 2
    found = {i: (text, ended) for i, text, ended in generate(student, prompts, limits=[30] * 6)}
    assert [found[i] for i in range(6)] == expected


def test_a_sliding_window_is_equal_to_a_naive_loop(student, tiny_gemma) -> None:
    gemma = replace(student, model=tiny_gemma)
    prompts = prompts_of(gemma)
    assert min(map(len, prompts)) > tiny_gemma.config.sliding_window
    found = {i: text for i, text, _ in generate(gemma, prompts, limits=[15] * 6)}
    for index, prompt in enumerate(prompts):
        said = student.tokenizer.decode(naive(gemma, prompt, 15), skip_special_tokens=True)
        assert found[index] == said.strip()
