"""A recipe whose documents bring their answers needs no teacher."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import chemtune
from chemtune.dataset.rows import read_rows

RECIPE = """
name: own
domain: chemistry
model: smollm2-135m
teacher: {kind: none}
documents:
  - {path: questions.jsonl, columns: {text: question}, tasks: [question_answering_short]}
split: {validation: 0, test: 0}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    rows = [
        {"question": "What is the formula of water?", "answer": "H2O"},
        {"question": "What is the formula of ammonia?", "answer": "NH3"},
        {"question": "What is the formula of rust?"},
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "questions.jsonl").write_text(lines, encoding="utf-8")
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


def test_own_answers_are_taken_and_nothing_is_asked(recipe: Path) -> None:
    made = chemtune.build(recipe)
    assert made["accepted"] == 2
    assert made["examples"]["question_answering_short"]["train"] == 2
    assert made["tokens"] == {"prompt": 0, "completion": 0}


def test_a_document_without_an_answer_is_in_the_ledger(recipe: Path) -> None:
    made = chemtune.build(recipe)
    ((row),) = read_rows(Path(made["run"]) / "dataset" / "rejected.parquet")
    assert made["rejected"] == {row["reason"]: 1}
    assert "brings no answer" in row["detail"]
    assert "has no teacher" in row["detail"]
