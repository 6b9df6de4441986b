"""The loss of texts, against transformers' own loss over the same labels."""

from __future__ import annotations

import json
from math import log
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

import chemtune
from chemtune.dataset.example import read_examples
from chemtune.errors import InputError
from chemtune.evaluation.losses import answers_foreseen, loss_part, text_losses, texts_foreseen
from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.text_sets import evaluate_texts, read_text_set
from chemtune.models.load import Student, load_student
from chemtune.models.resolve import resolve_model
from chemtune.recipe.load import load_recipe

TEXTS = [
    ("one", "The membrane was cast from a solution."),
    ("two", "촉매는 백금이다."),
    ("three", ""),
]
OTHER = "The train to the coast is late.\n\nBees keep\nthe hive warm.\n\n\n기차가 늦었다."


@pytest.fixture
def student(tiny_model: Path) -> Student:
    return load_student(resolve_model(str(tiny_model)), precision="float32")


def transformers_loss(student: Student, before: list[int], ids: list[int]) -> float:
    labels = torch.tensor([[-100] * len(before) + ids])
    with torch.no_grad():
        loss = student.model(input_ids=torch.tensor([before + ids]), labels=labels).loss
    return float(loss) * len(ids)


def test_the_loss_of_a_text_is_that_of_transformers(student: Student, tmp_path: Path) -> None:
    wanted = texts_foreseen(student, TEXTS)
    rows = text_losses(student, wanted, PredictionFile(tmp_path / "rows.jsonl"))
    assert [row["id"] for row in rows] == ["one", "two"]
    for row, (_, text) in zip(rows, TEXTS, strict=False):
        ids = student.tokenizer(text, add_special_tokens=False)["input_ids"]
        first = student.tokenizer.bos_token_id or student.tokenizer.eos_token_id
        assert row["nats"] == pytest.approx(transformers_loss(student, [first], ids), abs=1e-3)
        assert (row["tokens"], row["bytes"]) == (len(ids), len(text.encode()))
    part = loss_part(rows[1])
    assert (part.numerator, part.denominator) == (rows[1]["nats"] / log(2), 23)


def test_a_text_longer_than_the_context_is_cut(student: Student) -> None:
    (cut,) = texts_foreseen(student, [("long", "water and ion " * 9000)])
    assert len(cut.before) + len(cut.ids) == student.context
    assert cut.size == len(student.tokenizer.decode(cut.ids).encode())


def test_the_loss_of_an_answer_is_what_tuning_counts(make_run, student: Student, tmp_path) -> None:
    path = make_run()
    chemtune.build(path)
    examples = read_examples(load_recipe(path).run_folder / "dataset/test.parquet")
    wanted = answers_foreseen(student, examples)
    rows = text_losses(student, wanted, PredictionFile(tmp_path / "rows.jsonl"))
    assert [row["id"] for row in rows] == [example.id for example in examples]
    for row, example in zip(rows, examples, strict=True):
        prompt = student.template.prompt_ids(example.messages)
        answer = student.template.answer_ids(example.answer)
        assert row["nats"] == pytest.approx(transformers_loss(student, prompt, answer), abs=1e-3)


def test_tuning_lowers_the_loss_of_its_tasks_and_not_of_other_text(make_run, tmp_path) -> None:
    text = tmp_path / "other.txt"
    text.write_text(OTHER)
    changes = {"texts": [{"name": "other", "path": str(text)}], "max_new_tokens": 4}
    path = make_run(evaluation=changes)
    chemtune.run(path)
    scores = json.loads((load_recipe(path).run_folder / "evaluation/scores.json").read_text())
    before, after = scores["before"], scores["after"]
    for name, card in before["tasks"].items():
        values = [side["tasks"][name]["measures"]["bits per byte"] for side in (before, after)]
        assert values[1]["value"] < values[0]["value"]
        assert values[0]["examples"] == card["total"]
    of_texts = before["texts"]["measures"]["other"]
    assert (of_texts["examples"], of_texts["better"], before["texts"]["total"]) == (3, "lower", 3)
    low, high = of_texts["interval95"]
    assert low <= of_texts["value"] <= high
    compared = chemtune.compare([path.parent / "run:before", path.parent / "run:after"])
    (of_other,) = [one for one in compared["comparisons"] if one["name"] == "texts"]
    assert (of_other["measure"], of_other["examples"]) == ("other", 3)
    assert [value["value"] for value in of_other["values"]] == [
        side["texts"]["measures"]["other"]["value"] for side in (before, after)
    ]


def test_each_text_has_its_part_in_the_table(student: Student, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("One paragraph,\non two lines.\n\nAnother one.")
    table = tmp_path / "mine.jsonl"
    table.write_text('{"id": "a", "body": "A text of a table."}\n')
    sets = [read_text_set("mine", [path]), read_text_set("table", [table], column="body")]
    assert [text for _, text in sets[0].texts] == ["One paragraph, on two lines.", "Another one."]
    card = evaluate_texts(student, sets, tmp_path / "out", "model")
    rows = pq.read_table(card["parts"]).to_pylist()
    assert [row["measure"] for row in rows] == ["mine", "mine", "table"]
    value = sum(r["numerator"] for r in rows[:2]) / sum(r["denominator"] for r in rows[:2])
    assert card["measures"]["mine"]["value"] == pytest.approx(value)
    assert evaluate_texts(student, [], tmp_path / "out", "model") == {}


def test_a_file_without_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "blank.jsonl"
    path.write_text('{"id": "a", "text": " "}\n')
    with pytest.raises(InputError, match=r"blank\.jsonl"):
        read_text_set("blank", [path])
