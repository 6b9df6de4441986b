"""The forgetting probe: which text, and what of it counts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from chemtune.domains import find_domain
from chemtune.errors import InputError
from chemtune.models.template import Template
from chemtune.tuning.batches import collate
from chemtune.tuning.loss import label_loss
from chemtune.tuning.probe import TOKENS, probe_examples, probe_file


def test_the_loss_is_the_models_own_of_plain_text(tiny_model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    text = "A loaf needs flour,\nwater and salt.\n\n" + "word " * 900
    rows = probe_examples(text, Template.of(tokenizer))
    assert [len(row.ids) <= TOKENS for row in rows] == [True, True]
    ids = [tokenizer.bos_token_id, *tokenizer("A loaf needs flour, water and salt.")["input_ids"]]
    assert rows[0].ids == ids
    with torch.no_grad():
        expected = model(torch.tensor([ids]), labels=torch.tensor([ids])).loss
        found = label_loss(model, **collate(rows[:1], 0)) / rows[0].label_count
    torch.testing.assert_close(found, expected)


def test_which_file(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_text("a")
    domain = find_domain("chemistry").probe
    assert probe_file(True, domain, tmp_path) == domain
    assert probe_file("own.txt", domain, tmp_path) == own
    assert probe_file(False, domain, tmp_path) is None
    assert probe_file(True, None, tmp_path) is None
    with pytest.raises(InputError, match=r"none\.txt: tuning\.probe: no such file"):
        probe_file("none.txt", domain, tmp_path)


def test_the_domains_text_is_general_and_bilingual() -> None:
    path = find_domain("chemistry").probe
    assert path is not None
    text = path.read_text(encoding="utf-8")
    assert len(text.split("\n\n")) >= 12
    assert sum("가" <= letter <= "힣" for letter in text) > 400
    for word in ("chemi", "molecul", "reaction", "화학", "분자"):
        assert word not in text.lower()
