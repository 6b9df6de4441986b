"""Documents and questions of the hub, from a recipe to a data set."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chemtune.dataset.build import build
from chemtune.dataset.example import read_examples
from chemtune.dataset.place import place_of
from chemtune.domains import find_domain
from chemtune.errors import InputError
from chemtune.recipe.schema import QuestionSet

if TYPE_CHECKING:
    from hub_server import HubServer

PAIRS = [{"input": f"What is the charge of ion {n}?", "output": f"+{n}"} for n in range(30)]


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def recipe_at(tmp_path: Path, source: dict[str, Any], **more: Any) -> Path:
    (tmp_path / "none.jsonl").write_text("", "utf-8")
    teacher = {"kind": "recorded", "replies": "none.jsonl"}
    path = tmp_path / "recipe.yaml"
    path.write_text(json.dumps({"documents": [source], "teacher": teacher, **more}), "utf-8")
    return path


def test_a_data_set_whose_columns_are_known(hub: HubServer, tmp_path: Path) -> None:
    commit = hub.hold(
        "HydraLM/chemistry_dataset_alpaca", {"data.jsonl": jsonl(PAIRS)}, {"license": "cc-by-4.0"}
    )
    # The evaluation's questions, from the hub too: one is a document as well.
    mmlu = io.BytesIO()
    rows = [{"question": PAIRS[3]["input"], "choices": ["+1", "+3"], "answer": 1}]
    pq.write_table(pa.Table.from_pylist(rows), mmlu)
    hub.hold("cais/mmlu", {"chem/test-00000-of-00001.parquet": mmlu.getvalue()})
    questions = {"hub": "cais/mmlu", "hub_split": "test"}
    source = {"hub": "HydraLM/chemistry_dataset_alpaca", "tasks": ["question_answering_long"]}
    path = recipe_at(tmp_path, source, evaluation={"questions": [questions]})
    result = build(path)
    assert (result["accepted"], result["requests"]) == (30 - result["rejected"]["contamination"], 0)
    assert result["rejected"]["contamination"] >= 1
    example = read_examples(Path(result["run"]) / "dataset/train.parquet")[0]
    assert example.source == f"HydraLM/chemistry_dataset_alpaca@{commit[:12]}"
    assert example.licence == "cc-by-4.0"
    assert example.document.startswith("HydraLM/chemistry_dataset_alpaca/data.jsonl:")
    assert example.answer.startswith("+")
    # The same again when there is no hub.
    files = {p.name: p.read_bytes() for p in (Path(result["run"]) / "dataset").iterdir()}
    hub.gone = True
    build(path)
    again = {p.name: p.read_bytes() for p in (Path(result["run"]) / "dataset").iterdir()}
    assert again == files


def test_columns_that_are_not_as_expected(hub: HubServer, tmp_path: Path) -> None:
    rows = [{"body": "Iridium oxide is dear.", "keys": "iridium"}]
    hub.hold("marianna13/chemrxiv_reprocessed", {"train.jsonl": jsonl(rows)})
    source: dict[str, Any] = {"hub": "marianna13/chemrxiv_reprocessed", "tasks": ["answers"]}
    source["tasks"] = ["question_answering_long"]
    with pytest.raises(InputError) as caught:
        build(recipe_at(tmp_path, source))
    assert "text: no column 'abstract'; the columns are: body, keys" in str(caught.value)
    assert "in a recipe `columns: {text: body}`" in str(caught.value)
    source["columns"] = {"text": "body", "title": "keys", "answer": "keys"}
    assert build(recipe_at(tmp_path, source))["accepted"] == 1


def test_what_questions_are_about(hub: HubServer, tmp_path: Path) -> None:
    hub.hold(
        "cais/mmlu",
        {"college_chemistry/test.csv": b"question,A,B,answer\nq,a,b,A\n"},
        {"configs": [{"config_name": "college_chemistry", "data_dir": "college_chemistry"}]},
    )
    wanted = QuestionSet(hub="cais/mmlu", config="college_chemistry", hub_split="test")
    place = place_of(wanted, tmp_path)
    assert place.about == "college_chemistry"
    assert [path.name for path in place.paths] == ["test.csv"]


def test_the_papers_public_sets_are_known() -> None:
    sources = find_domain("chemistry").sources
    assert {
        "marianna13/chemrxiv_reprocessed",
        "andersonbcdefg/chemistry",
        "HydraLM/chemistry_dataset_alpaca",
        "cais/mmlu",
        "HAERAE-HUB/KMMLU",
    } == set(sources)
