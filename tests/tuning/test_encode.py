from __future__ import annotations

from pathlib import Path

import pytest
from transformers import AutoTokenizer

from chemtune.dataset.example import Example
from chemtune.dataset.ledger import Ledger
from chemtune.models.template import PLAIN, Template
from chemtune.tuning.encode import encode, fitting

MESSAGES = [
    {"role": "system", "content": "Answer as JSON."},
    {"role": "user", "content": "물의 화학식은? IrO₂ at 80 °C\n\n{instruction}"},
]


@pytest.fixture
def tokenizer(tiny_model: Path):
    return AutoTokenizer.from_pretrained(tiny_model)


def example(answer: str, name: str = "d1") -> Example:
    return Example(
        document_id=name,
        document=name,
        task="t",
        split="train",
        messages=MESSAGES,
        answer=answer,
        language="en",
        source="",
        licence="",
        teacher="",
    )


def test_prompt_and_answer_are_the_whole_conversation(tokenizer) -> None:
    template = Template.of(tokenizer)
    answer = '{"Q1": "산화 이리듐"}'
    whole = tokenizer.apply_chat_template(
        [*MESSAGES, {"role": "assistant", "content": answer}], return_dict=False
    )
    ids = template.prompt_ids(MESSAGES) + template.answer_ids(answer)
    # The template writes a line break behind the end of an answer; it is not the answer's.
    assert tokenizer.decode(ids) + "\n" == tokenizer.decode(whole)
    assert ids == whole[: len(ids)]
    assert ids[-1] == tokenizer.convert_tokens_to_ids("<|im_end|>")


def test_the_end_of_the_answer_is_learned(tokenizer) -> None:
    template = Template.of(tokenizer)
    (encoded,) = encode([example("yes")], template)
    learned = encoded.ids[encoded.answer_start :]
    assert tokenizer.decode(learned) == "yes<|im_end|>"
    assert encoded.label_count == len(learned)


def test_what_does_not_fit_whole_is_left_out_with_its_reason(tokenizer) -> None:
    ledger = Ledger()
    template = Template.of(tokenizer)
    examples = [example("short", "d1"), example("long " * 300, "d2")]
    kept = fitting(encode(examples, template), examples, max_tokens=200, ledger=ledger)
    assert [e.example for e in kept] == ["d1-t"]
    (entry,) = ledger.entries
    assert (entry.document, entry.reason) == ("d2", "too long")
    assert "the limit is 200" in entry.detail


def test_a_base_model_gets_a_template_that_ends(tokenizer) -> None:
    tokenizer.chat_template = None
    template = Template.of(tokenizer)
    assert not template.own
    assert template.text == PLAIN
    assert template.end_id == tokenizer.eos_token_id
    assert template.prompt_text(MESSAGES).endswith("### Assistant\n")
    assert template.prompt_ids(MESSAGES).count(tokenizer.bos_token_id) == 1
