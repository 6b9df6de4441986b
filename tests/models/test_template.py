from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from chemtune.errors import InputError
from chemtune.models.template import Template

QUESTION = [{"role": "user", "content": "Water?"}]


@pytest.fixture
def tokenizer(tiny_model: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_model)


def test_switches_of_a_template_become_part_of_it(tokenizer: Any) -> None:
    tokenizer.chat_template = (
        "\n{% for m in messages %}{{ m['content'] + '<|im_end|>' }}{% endfor %}"
        "{% if add_generation_prompt %}{% if enable_thinking is defined and not enable_thinking %}"
        "{{ '<no thinking>' }}{% else %}{{ '<thinking>' }}{% endif %}"
        "{% if not date_string is defined %}{% set date_string = strftime_now('%s') %}{% endif %}"
        "{{ date_string }}{% endif %}"
    )
    template = Template.of(tokenizer)
    asked = template.prompt_text(QUESTION)
    assert asked == "\nWater?<|im_end|><no thinking>26 Jul 2024"
    # Whoever renders the text alone, as an export does, has them set too.
    tokenizer.chat_template = template.text
    assert Template.of(tokenizer).prompt_text(QUESTION) == asked
    theirs = tokenizer.apply_chat_template(QUESTION, tokenize=False, add_generation_prompt=True)
    assert theirs == asked


def test_a_template_without_switches_is_left_as_it_is(tokenizer: Any) -> None:
    assert Template.of(tokenizer).text == tokenizer.chat_template


def test_one_of_several_templates(tokenizer: Any) -> None:
    tokenizer.chat_template = {"default": tokenizer.chat_template, "tool_use": "{{ 'tools' }}"}
    assert Template.of(tokenizer).prompt_text(QUESTION).startswith("<|im_start|>user")


def test_what_stands_around_an_answer_is_trained_with_it(tokenizer: Any) -> None:
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m['role'] == 'user' %}{{ 'Q: ' + m['content'] + ' A:' }}"
        "{% else %}{{ ' ' + m['content'] + '. <|im_end|>' }}{% endif %}{% endfor %}"
    )
    template = Template.of(tokenizer)
    assert (template.lead, template.gap, template.exact) == (" ", ". ", True)
    assert tokenizer.decode(template.answer_ids("yes")) == " yes. <|im_end|>"


def test_prompt_and_answer_that_share_a_token_are_not_exact(tokenizer: Any) -> None:
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['content'] }}"
        "{% if m['role'] == 'user' %}{{ ' ele' }}{% else %}{{ '<|im_end|>' }}{% endif %}"
        "{% endfor %}"
    )
    tokenizer.add_tokens(["elechemtune"])
    assert not Template.of(tokenizer).exact


def test_roles_that_a_template_refuses(tokenizer: Any) -> None:
    tokenizer.chat_template = (
        "{% if messages[0]['role'] == 'system' %}{{ raise_exception('No system role') }}{% endif %}"
        "{% for m in messages %}{{ m['content'] }}{{ eos_token }}{% endfor %}"
    )
    template = Template.of(tokenizer)
    with pytest.raises(InputError, match="refuses the roles system, user: No system role"):
        template.prompt_ids([{"role": "system", "content": "Be short."}, *QUESTION])


def test_templates_that_cannot_be_tuned(tokenizer: Any) -> None:
    tokenizer.chat_template = "{{ messages[0]['content'] }}"
    with pytest.raises(InputError, match="leaves out answers"):
        Template.of(tokenizer)
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }}{% endfor %}"
    assert Template.of(tokenizer).end_id == tokenizer.eos_token_id
    tokenizer.eos_token = None
    with pytest.raises(InputError, match="no end-of-text token"):
        Template.of(tokenizer)
