"""The preflight: each fault that it is there for is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import chemtune
from chemtune.dataset.example import Example, read_examples
from chemtune.errors import InputError
from chemtune.models.load import Student
from chemtune.models.resolve import resolve_model
from chemtune.models.template import Template
from chemtune.recipe.load import load_recipe
from chemtune.tuning.encode import Encoded
from chemtune.tuning.memory import MemoryEstimate
from chemtune.tuning.preflight import (
    check_end,
    check_examples,
    check_languages,
    check_memory,
    check_model,
    check_reports,
    check_template,
    passed,
)


@pytest.fixture
def tokenizer(tiny_model: Path) -> Any:
    return AutoTokenizer.from_pretrained(tiny_model)


@pytest.fixture
def examples(make_run) -> list[Example]:
    path = make_run()
    chemtune.build(path)
    return read_examples(load_recipe(path).run_folder / "dataset" / "train.parquet")[:2]


def statuses(checks: list[Any]) -> dict[str, str]:
    return {check.about: check.status for check in checks}


def test_a_good_template_passes(tokenizer: Any, examples: list[Example]) -> None:
    checks = check_template(Template.of(tokenizer), examples)
    assert set(statuses(checks).values()) == {"ok"}
    passed(checks)


def test_a_base_model_is_told_of_its_template(tokenizer: Any, examples: list[Example]) -> None:
    tokenizer.chat_template = None
    checks = check_template(Template.of(tokenizer), examples)
    assert statuses(checks)["template"] == "warning"
    assert "'### User'" in str(checks[0])


def test_a_second_begin_of_text_is_an_error(tokenizer: Any, examples: list[Example]) -> None:
    tokenizer.chat_template = "{{ bos_token }}{{ bos_token }}" + tokenizer.chat_template
    checks = check_template(Template.of(tokenizer), examples)
    assert statuses(checks)["begin of a text"] == "error"
    with pytest.raises(InputError, match="stands twice"):
        passed(checks)


def test_labels_padding_and_what_is_left_out(tokenizer: Any) -> None:
    template = Template.of(tokenizer)
    end = template.end_id
    good = [Encoded("a", [5, 6, 7, end], 2)]
    (check,) = check_examples(good, template, 3, pad_id=0)
    assert check.status == "ok"
    assert "3 longer ones are left out whole" in check.said
    assert statuses(check_examples(good, template, 0, pad_id=end))["padding"] == "error"
    for bad in (Encoded("b", [5, 6, 7], 2), Encoded("c", [5, 6, end], 2)):
        assert statuses(check_examples([bad], template, 0, pad_id=0))["labels"] == "error"


def test_a_vocabulary_without_hangul_is_warned_of(tokenizer: Any, examples: list[Example]) -> None:
    from dataclasses import replace

    assert check_languages(tokenizer, examples) == []
    korean = [replace(examples[0], answer="이온 전도도는 98 mS/cm이다.")]
    (check,) = check_languages(tokenizer, korean)
    assert check.status == "warning"
    assert "1 answers hold Korean" in check.said


def test_memory_that_does_not_fit_names_what_to_lower() -> None:
    estimated = MemoryEstimate(weights=2**30, learned=2**20, activations=2**32, scores=2**20)
    assert check_memory(estimated, 2**33, 2**30).status == "ok"
    check = check_memory(estimated, 2**31, 2**30)
    assert check.status == "warning"
    assert "tuning.tokens_per_pass" in check.said


def test_licence_and_what_is_learned(tiny_model: Path, tokenizer: Any) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    files = resolve_model(str(tiny_model))
    student = Student(model, tokenizer, Template.of(tokenizer), files, None, "float32")
    learned, licence = check_model(student, 1000, 3)
    assert (learned.status, licence.status) == ("ok", "warning")
    assert check_model(student, 0, 0)[0].status == "error"


@pytest.mark.parametrize("ends", [True, False])
def test_whether_an_answer_comes_to_its_end(tiny_model: Path, tokenizer: Any, ends: bool) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_model).eval()
    template = Template.of(tokenizer)
    if ends:
        # The largest logit everywhere is that of the end.
        model.lm_head = torch.nn.Linear(32, model.config.vocab_size)
        torch.nn.init.zeros_(model.lm_head.weight)
        torch.nn.init.zeros_(model.lm_head.bias)
        model.lm_head.bias.data[template.end_id] = 1.0
    files = resolve_model(str(tiny_model))
    student = Student(model, tokenizer, template, files, None, "float32")
    check = check_end(student, [1, 5, 6], 4)
    assert check.status == ("ok" if ends else "warning")


def test_a_log_that_goes_nowhere_is_an_error() -> None:
    assert check_reports([]) == []
    (check,) = check_reports(["nosuchpackage", "json"])
    assert (check.status, check.said.split(": ")[1]) == ("error", "pip install nosuchpackage")
