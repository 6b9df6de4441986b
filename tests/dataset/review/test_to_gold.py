"""Gold out of people's decisions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chemtune.dataset.build import build
from chemtune.dataset.example import Example, read_examples
from chemtune.dataset.review.to_gold import write_gold
from chemtune.errors import InputError
from review_file import decide, draw

TASK = "keyword_extraction"


@pytest.fixture
def run(make_run: Callable[..., Path]) -> Path:
    """A run over a part of the sample."""
    return Path(build(make_run())["run"])


def examples_of(run: Path) -> list[Example]:
    examples = read_examples(run / "dataset/train.parquet")
    return [example for example in examples if example.task == TASK]


def decided(run: Path, example: Example, decision: str, **more: Any) -> None:
    document = (example.document_id, example.document)
    looked_at = more.pop("looked_at", example.answer)
    decide(run / "review.sqlite", document, example.task, decision, looked_at, **more)


def rows_of(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_what_people_vouch_for(run: Path, tmp_path: Path) -> None:
    right, wrong, mended, disputed, stale, *_ = examples_of(run)
    decided(run, right, "accepted")
    decided(run, wrong, "rejected")
    decided(run, mended, "corrected", answer='["ink", "전극"]')
    decided(run, disputed, "accepted")
    decided(run, disputed, "rejected", reviewer="Lee")
    decided(run, stale, "accepted", looked_at="another answer")
    gold = tmp_path / "gold.jsonl"
    assert write_gold(run, gold) == 2
    assert rows_of(gold) == [
        {"document": right.document, "task": TASK, "reply": right.answer},
        {"document": mended.document, "task": TASK, "reply": '["ink", "전극"]'},
    ]
    # `build` reads it, and takes the same decisions: it compares with what the teacher said.
    result = build(run / "recipe.yaml", offline=True, gold=gold)
    (caught,) = result["gold"]["caught"]
    assert (caught["right"], caught["wrong"], result["reviewed"]["corrected"]) == (1, 1, 1)
    assert result["gold"]["unmet"] == []
    # The data set was made again with the correction in it; the gold is the same.
    again = tmp_path / "again.jsonl"
    assert write_gold(run, again) == 2
    assert again.read_bytes() == gold.read_bytes()


def test_of_a_sample_alone(run: Path, tmp_path: Path) -> None:
    first, second, third, *_ = examples_of(run)
    for example in (first, second):
        decided(run, example, "accepted")
    draw(run / "review.sqlite", "gold set", [third.id, second.id])
    gold = tmp_path / "gold.jsonl"
    assert write_gold(run, gold, sample="gold set") == 1
    assert rows_of(gold)[0]["document"] == second.document
    with pytest.raises(InputError, match="no sample 'gold'"):
        write_gold(run, gold, sample="gold")


def test_an_answer_that_the_checks_left_out(run: Path, tmp_path: Path) -> None:
    example = examples_of(run)[0]
    replies = tmp_path / "replies.jsonl"
    reply = 'Here: ["an invented keyphrase", "another one", "unheard of"]'
    row = {"document": example.document, "task": TASK, "reply": reply}
    replies.write_text(json.dumps(row), "utf-8")
    recipe = json.loads((tmp_path / "recipe.yaml").read_text("utf-8"))
    recipe["teacher"]["replies"] = str(replies)
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe), "utf-8")
    assert build(tmp_path / "recipe.yaml")["rejected"]["grounding"] == 1
    decided(run, example, "accepted", looked_at=reply)
    gold = tmp_path / "gold.jsonl"
    assert write_gold(run, gold) == 1
    as_the_task_asks = '["an invented keyphrase", "another one", "unheard of"]'
    assert rows_of(gold)[0]["reply"] == as_the_task_asks
    # Once a build has taken it in, it stands in the data set in the task's form.
    assert build(tmp_path / "recipe.yaml")["reviewed"]["accepted"] == 1
    assert write_gold(run, gold) == 1
    assert rows_of(gold)[0]["reply"] == as_the_task_asks


def test_a_document_that_has_another_text_now(run: Path, tmp_path: Path) -> None:
    example = examples_of(run)[0]
    decided(run, example, "corrected", answer='["ink"]')
    with closing(sqlite3.connect(run / "review.sqlite")) as db, db:
        db.execute("UPDATE decisions SET item = 'ffff-' || task, document_id = 'ffff'")
    gold = tmp_path / "gold.jsonl"
    assert write_gold(run, gold) == 0
    assert gold.read_bytes() == b""


def test_without_decisions_or_a_data_set(run: Path, tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    with pytest.raises(InputError, match=r"review\.sqlite: no such file"):
        write_gold(run, gold)
    decided(run, examples_of(run)[0], "accepted")
    (run / "dataset/documents.parquet").unlink()
    with pytest.raises(InputError, match="has no data set"):
        write_gold(run, gold)
    assert not gold.exists()
