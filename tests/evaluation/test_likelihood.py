"""Likelihoods, against a naive loop: one option at a time, full logits, no batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Gemma2Config, Gemma2ForCausalLM

from chemtune.evaluation import likelihood
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
    found = dict(option_log_likelihoods(model, scorings, tokens_per_pass=tokens_per_pass))
    assert sorted(found) == list(range(len(PROMPTS)))
    for index, (prompt, options) in enumerate(PROMPTS):
        expected = [naive(model, tokenizer, prompt, option) for option in options]
        assert found[index] == pytest.approx(expected, abs=1e-4)


def random_sets(seed: int) -> list[Scoring]:
    """Prompts with a long common beginning, some with a second one, and options of any length."""
    generator = torch.Generator().manual_seed(seed)

    def some(count: int) -> list[int]:
        return torch.randint(3, 690, (count,), generator=generator).tolist()

    header, scorings = some(21), []
    for question in range(4):
        stem = some(5 + question)
        labels = [[label] for label in some(4)]
        scorings += [Scoring(header + stem + some(6), labels) for _ in range(3)]
        scorings.append(Scoring(header + stem, [some(n) for n in (1, 4, 2)]))
    return scorings


@pytest.mark.parametrize("name", ["model", "tiny_gemma"])
@pytest.mark.parametrize("tokens_per_pass", [1, 40, 4096])
def test_shared_beginnings_change_no_likelihood(name: str, tokens_per_pass: int, request) -> None:
    """Also where layers see nine positions, which is less than the common beginning."""
    model, scorings = request.getfixturevalue(name), random_sets(0)
    expected = {}
    with torch.no_grad():
        for index, scoring in enumerate(scorings):
            for option in scoring.options:
                ids = torch.tensor([scoring.prompt + option])
                scores = torch.log_softmax(model(input_ids=ids).logits[0].double(), dim=-1)
                first = len(scoring.prompt)
                total = sum(float(scores[first + i - 1, t]) for i, t in enumerate(option))
                expected.setdefault(index, []).append(total)
    found = dict(option_log_likelihoods(model, scorings, tokens_per_pass=tokens_per_pass))
    assert found.keys() == expected.keys()
    for index, values in expected.items():
        assert found[index] == pytest.approx(values, abs=1e-4)


def test_what_all_begin_with_is_run_once(model, monkeypatch: pytest.MonkeyPatch) -> None:
    scorings, run = random_sets(1), []
    forward = type(model).forward

    def counted(self, input_ids, **inputs):
        run.append(input_ids.numel())
        return forward(self, input_ids=input_ids, **inputs)

    monkeypatch.setattr(type(model), "forward", counted)
    list(option_log_likelihoods(model, scorings))
    naively = sum(len(s.prompt) for s in scorings)
    # The header once; of each question the beginning that its four prompts share once more.
    assert run[0] == 21
    assert sum(run) < naively / 2


def test_a_model_that_caps_its_scores_is_run_plainly() -> None:
    torch.manual_seed(0)
    config = Gemma2Config(
        vocab_size=700,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        initializer_range=0.2,
    )
    model = Gemma2ForCausalLM(config).eval()
    scorings = random_sets(2)[:4]
    found = dict(option_log_likelihoods(model, scorings))
    with torch.no_grad():
        for index, scoring in enumerate(scorings):
            ids = torch.tensor([scoring.prompt + scoring.options[0]])
            scores = torch.log_softmax(model(input_ids=ids).logits[0], dim=-1)
            first = len(scoring.prompt)
            total = sum(float(scores[first + i - 1, t]) for i, t in enumerate(scoring.options[0]))
            assert found[index][0] == pytest.approx(total, abs=1e-4)


def test_labels_take_one_row_and_texts_a_row_each(tokenizer) -> None:
    from chemtune.evaluation.likelihood import _sequences

    labels = encode_options(tokenizer, "Answer:", ["A", "B", "C", "D"])
    circled = encode_options(tokenizer, *PROMPTS[1])
    texts = encode_options(tokenizer, *PROMPTS[2])
    assert len(_sequences(0, labels)) == 1
    assert len(_sequences(0, circled)) == 1
    assert len(_sequences(0, texts)) == 3


def test_a_token_across_the_boundary_belongs_to_the_options() -> None:
    class Merging:
        """Joins "ab" to one token, as a tokenizer may across prompt and option."""

        def __call__(self, texts: list[str]) -> dict[str, list[list[int]]]:
            return {"input_ids": [[ord(c) for c in text.replace("ab", "X")] for text in texts]}

    scoring = encode_options(Merging(), "qa", ["b", "c"])
    assert scoring == Scoring([ord("q")], [[ord("X")], [ord("a"), ord("c")]])


def test_long_options_of_one_prompt_are_parted_and_scored_the_same(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = list(range(5, 45))
    scorings = [Scoring(prompt, [[at, *range(50, 70 + at)]]) for at in range(2, 8)]
    whole = dict(option_log_likelihoods(model, scorings))
    seen: list[int] = []
    run = model.forward

    def watched(*args: Any, **kwargs: Any) -> Any:
        result = run(*args, **kwargs)
        seen.append(result.logits.shape[1])
        return result

    vocabulary = model.config.vocab_size
    monkeypatch.setattr(likelihood, "LOGITS_PER_PASS", 60 * vocabulary)
    monkeypatch.setattr(model, "forward", watched)
    parted = dict(option_log_likelihoods(model, scorings))
    assert len(seen) > 1
    assert max(seen) <= 60
    for at, (expected,) in whole.items():
        assert parted[at][0] == pytest.approx(expected, abs=1e-4)
