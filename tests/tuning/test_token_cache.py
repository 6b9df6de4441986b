"""Tokens are kept under all that decides them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

import chemtune
from chemtune.dataset.example import Example, read_examples
from chemtune.models.template import Template
from chemtune.recipe.load import load_recipe
from chemtune.tuning import token_cache
from chemtune.tuning.encode import encode
from chemtune.tuning.token_cache import encode_cached


@pytest.fixture
def examples(make_run) -> list[Example]:
    path = make_run()
    chemtune.build(path)
    return read_examples(load_recipe(path).run_folder / "dataset" / "train.parquet")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []

    def counting(examples, template):
        calls.append(len(examples))
        return encode(examples, template)

    monkeypatch.setattr(token_cache, "encode", counting)
    return calls


def test_the_same_tokens_without_tokenizing_again(
    examples: list[Example], tiny_model: Path, tmp_path: Path, counted: list[int]
) -> None:
    template = Template.of(AutoTokenizer.from_pretrained(tiny_model))
    path = tmp_path / "tokens" / "train.parquet"
    first = encode_cached(examples, template, model=tiny_model, path=path)
    assert first == encode(examples, template)
    assert encode_cached(examples, template, model=tiny_model, path=path) == first
    assert len(counted) == 1


def test_another_text_template_or_tokenizer_is_another_key(
    examples: list[Example], tiny_model: Path, tmp_path: Path, counted: list[int]
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    path = tmp_path / "train.parquet"

    def kept(examples: list[Example], model: Path = tiny_model) -> None:
        encode_cached(examples, Template.of(tokenizer), model=model, path=path)

    kept(examples)
    kept(examples[1:])
    tokenizer.chat_template += " "
    kept(examples[1:])
    other = shutil.copytree(tiny_model, tmp_path / "other")
    (other / "tokenizer_config.json").write_text("{}")
    kept(examples[1:], other)
    assert len(counted) == 4
    kept(examples[1:], other)
    assert len(counted) == 4


def test_a_damaged_file_is_written_anew(
    examples: list[Example], tiny_model: Path, tmp_path: Path, counted: list[int]
) -> None:
    template = Template.of(AutoTokenizer.from_pretrained(tiny_model))
    path = tmp_path / "train.parquet"
    for _ in range(2):
        found = encode_cached(examples, template, model=tiny_model, path=path)
        assert found == encode(examples, template)
        path.write_bytes(path.read_bytes()[:-100])
    assert len(counted) == 2
