"""Answers piece by piece, against `generate` and against what torch says of the distribution."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import torch

from chemtune.evaluation.generation import generate
from chemtune.models.load import Student
from chemtune.use.opened import open_run
from chemtune.use.pieces import Pieces
from chemtune.use.streaming import Answer, Decoding, Speaker


@pytest.fixture
def student(tuned_run: Path) -> Student:
    return open_run(tuned_run).load()


def prompt_of(student: Student, *said: str) -> list[int]:
    roles = ("user", "assistant")
    messages = [{"role": roles[i % 2], "content": text} for i, text in enumerate(said)]
    return student.template.prompt_ids(messages)


def spoken(speaker: Speaker, prompt: list[int], **how) -> tuple[str, Answer]:
    answer = Answer()
    return "".join(speaker.stream(prompt, Decoding(**how), answer)), answer


def test_greedy_pieces_are_the_answer_of_generate(student: Student) -> None:
    prompts = [prompt_of(student, "물은 무엇인가?"), prompt_of(student, "Iridium oxide")]
    expected = {i: (text, end) for i, text, end in generate(student, prompts, limits=[40, 40])}
    speaker = Speaker(student)
    for i, prompt in enumerate(prompts):
        text, answer = spoken(speaker, prompt, max_tokens=40)
        assert text.strip() == expected[i][0]
        assert answer.finish == ("stop" if expected[i][1] else "length")
        assert answer.tokens <= 40


def test_a_conversation_runs_only_what_is_new_and_says_the_same(student: Student) -> None:
    talked = Speaker(student)
    runs: list[int] = []
    real = talked._run
    talked._run = lambda tokens: (runs.append(len(tokens)), real(tokens))[1]
    first, _ = spoken(talked, prompt_of(student, "water?"), max_tokens=12)
    following = prompt_of(student, "water?", first, "and iridium?")
    runs.clear()
    text, _ = spoken(talked, following, max_tokens=12)
    assert runs[0] < len(following) - 5
    assert text == spoken(Speaker(student), following, max_tokens=12)[0]
    # Another conversation after it is not led by what was kept.
    other = prompt_of(student, "titania")
    assert spoken(talked, other, max_tokens=12) == spoken(Speaker(student), other, max_tokens=12)


def test_the_untuned_model_is_the_base_alone(student: Student, tuned_run: Path) -> None:
    base = open_run(tuned_run, untuned=True).load()
    prompt = prompt_of(student, "water")
    untuned = spoken(Speaker(student, untuned=True), prompt, max_tokens=12)
    assert untuned == spoken(Speaker(base), prompt, max_tokens=12)
    assert untuned != spoken(Speaker(student), prompt, max_tokens=12)


def test_draws_follow_the_nucleus_and_a_seed_repeats_them(student: Student) -> None:
    prompt, top_p, temperature = prompt_of(student, "water"), 0.3, 0.8
    with torch.no_grad():
        logits = student.model(input_ids=torch.tensor([prompt])).logits[0, -1]
    likely = (logits / temperature).softmax(-1)
    order = likely.argsort(descending=True).tolist()
    nucleus, total = [], 0.0
    for token in order:
        nucleus.append(token)
        total += float(likely[token])
        if total >= top_p:
            break
    assert 2 < len(nucleus) < len(order) / 2
    speaker, drawn = Speaker(student), Counter()
    texts = {student.tokenizer.decode([t]): float(likely[t]) / total for t in nucleus}
    for seed in range(400):
        how = {"max_tokens": 1, "temperature": temperature, "top_p": top_p, "seed": seed}
        text, _ = spoken(speaker, prompt, **how)
        drawn[text] += 1
        if seed < 3:
            assert spoken(speaker, prompt, **how)[0] == text
    assert set(drawn) <= {*texts, ""}
    for text, share in texts.items():
        if share > 0.05 and "\ufffd" not in text and text:
            assert drawn[text] / 400 == pytest.approx(share, abs=4 * (share / 400) ** 0.5)


def test_a_stop_string_ends_the_answer_before_it(student: Student) -> None:
    prompt = prompt_of(student, "Iridium oxide")
    whole, _ = spoken(Speaker(student), prompt, max_tokens=40)
    stop = whole[8:12]
    assert len(stop) == 4
    text, answer = spoken(Speaker(student), prompt, max_tokens=40, stops=(stop,))
    assert text == whole[: whole.index(stop)]
    assert answer.finish == "stop"


def test_an_answer_is_stopped_at_the_next_token(student: Student) -> None:
    answer, count = Answer(), 0

    def cancelled() -> bool:
        nonlocal count
        count += 1
        return count > 3

    prompt = prompt_of(student, "water")
    list(Speaker(student).stream(prompt, Decoding(40), answer, cancelled))
    assert (answer.tokens, answer.finish) == (3, "cancelled")


class Bytes:
    """A tokenizer whose tokens are bytes."""

    def decode(self, tokens: list[int], skip_special_tokens: bool) -> str:
        return bytes(tokens).decode(errors="replace")


@pytest.mark.parametrize("text", ["물은 H₂O 이다", "plain", "€uro 🧪", "ends half \ufffd"])
def test_pieces_hold_whole_characters_and_are_the_text(text: str) -> None:
    pieces = Pieces(Bytes())
    parts = [pieces.add(byte) for byte in text.encode()]
    if "\ufffd" not in text:
        assert all("\ufffd" not in part for part in parts)
    assert "".join(parts) + pieces.end() == text


def test_what_may_be_a_stop_string_is_held_back_until_it_is_none() -> None:
    pieces = Pieces(Bytes(), stops=["END", "\n\n"])
    parts = [pieces.add(byte) for byte in b"an ENERGY\nx EN"]
    assert "".join(parts) == "an ENERGY\nx "
    assert pieces.end() == "EN"
    assert not pieces.stopped
    pieces = Pieces(Bytes(), stops=["END"])
    assert "".join(pieces.add(byte) for byte in b"at the END of") == "at the "
    assert pieces.stopped
    assert pieces.end() == ""
