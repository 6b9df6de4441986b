"""The doctor on whole recipes: what it finds, that it is all at once, and that it is quiet."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from chemtune.dataset.build import build
from chemtune.dataset.preview import preview
from chemtune.experiment.doctor.doctor import doctor

SECRET = "sk-not-to-be-seen"


def levels(result: dict[str, Any], about: str) -> list[str]:
    return [one["level"] for one in result["findings"] if one["about"].startswith(about)]


def found(result: dict[str, Any], about: str) -> str:
    return " | ".join(
        f"{one['found']} -> {one['remedy']}"
        for one in result["findings"]
        if one["about"].startswith(about)
    )


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    states = {str(path): path.stat() for path in folder.rglob("*")}
    return {path: (state.st_size, state.st_mtime_ns) for path, state in states.items()}


def test_a_good_recipe_has_no_fault_and_nothing_is_written(make_run, tmp_path: Path) -> None:
    recipe = make_run()
    before = tree(tmp_path)
    result = doctor(recipe)
    assert result["faults"] == 0, result["findings"]
    assert tree(tmp_path) == before
    counted = preview(recipe)
    assert found(result, "cost").startswith(f"{counted['requests']} requests")
    assert found(result, "documents").count(f"{counted['documents']} to use") == 1
    assert "0 of 21 prompts" in found(result, "tuning.max_tokens")  # 8 documents and 13 pairs learn
    assert levels(result, "prompt ids") == levels(result, "memory")[1:] == ["ok"]


def test_what_the_journal_holds_and_the_data_set_is_told_after_a_build(make_run) -> None:
    recipe = make_run()
    built = build(recipe)
    folder = Path(built["run"])
    before = tree(folder)
    result = doctor(recipe)
    assert tree(folder) == before
    asked = built["requests"]
    assert f"{asked} of {asked} requests are answered already" in found(result, "journal")
    assert "(the data set)" in found(result, "examples")
    assert levels(result, "labels") == ["ok"]


def test_all_faults_of_a_recipe_at_once(tmp_path: Path, make_run, monkeypatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    recipe = make_run(
        documents=[
            {"path": "nowhere/*.pdf", "tasks": ["keyword_extraction"]},
            {"path": "empty", "tasks": ["keyword_extraction"]},
        ],
        teacher={
            "kind": "endpoint",
            "base_url": "https://models.example.com/v1",
            "model": "m",
            "api_key_env": "NO_SUCH_KEY",
        },
        model="smollm2-135x",
        tuning={"report_to": ["wandb"], "lora": {"base": "nf4"}, "probe": "no.txt"},
        evaluation={"questions": [{"path": "none.csv"}]},
    )
    (tmp_path / "empty").mkdir()
    result = doctor(recipe)
    for about in (
        "documents[0]",
        "documents[1]",
        "teacher, api_key_env",
        "tuning.lora.base",
        "tuning.probe",
        "model",
        "evaluation.questions[0]",
    ):
        assert "fault" in levels(result, about), (about, result["findings"])
    assert "smollm2-135m" in found(result, "model")
    assert "is empty -> put" in found(result, "documents[1]")


def test_faults_of_the_file_stand_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "documents:\n  - path: a.csv\n    colums: {text: b}\n    tasks: [x]\n"
        "teacher: {kind: recorded, replies: r}\ntuning: {epochs: three}\n"
    )
    result = doctor(path)
    assert result["faults"] == 2
    assert f"{path}:3: unknown field -> did you mean 'columns'?" in found(result, "documents[0]")
    assert f"{path}:6" in found(result, "tuning.epochs")


def test_documents_that_are_left_out_are_told_with_their_reason(make_run, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "bad.pdf").write_bytes(b"no PDF")
    (mixed / "blank.md").write_text(" \n")
    text = "The membrane swells in water, and its conductivity grows with temperature. " * 5
    for name in ("one.txt", "two.txt"):
        (mixed / name).write_text(text)
    french = "Le catalyseur est préparé par imprégnation, puis séché et réduit sous hydrogène. " * 3
    (mixed / "fr.txt").write_text(french)
    source = {"path": str(mixed), "tasks": ["keyword_extraction"], "licence": "CC-BY-NC-4.0"}
    result = doctor(make_run(documents=[source], split={"validation": 0, "test": 0}))
    assert levels(result, "left out, unreadable file") == ["warning"]
    assert "bad.pdf" in found(result, "left out, unreadable file")
    assert levels(result, "left out, another language") == ["warning"]
    assert levels(result, "left out, duplicate document") == ["note"]
    assert "not be used commercially" in found(result, "licences")
    assert levels(result, "splits") == ["warning"]
    # Nobody has recorded a reply to these.
    assert levels(result, "teacher.replies") == ["fault"]


def test_examples_that_are_too_long_are_counted(make_run) -> None:
    recipe = make_run(tuning={"max_tokens": 200, "precision": "float32"})
    result = doctor(recipe)
    said = found(result, "tuning.max_tokens")
    assert levels(result, "tuning.max_tokens") == ["warning"]
    # The documents are longer, the questions are not.
    assert "8 of 21 prompts have more than 200 tokens" in said


def test_a_key_is_never_shown_and_money_is_counted(make_run, monkeypatch) -> None:
    monkeypatch.setenv("DOCTORS_KEY", SECRET)
    teacher = {
        "kind": "endpoint",
        "base_url": f"http://me:{SECRET}@models.example.com/v1",
        "model": "m",
        "api_key_env": "DOCTORS_KEY",
        "price": {"input": 1000, "output": 1000},
    }
    recipe = make_run(teacher=teacher, budget_usd=1)
    result = doctor(recipe)
    assert SECRET not in json.dumps(result)
    assert "stands in the address" in found(result, "teacher")
    assert "unencrypted" in found(result, "teacher")
    most = preview(recipe)["cost_usd_most"]
    assert f"at most {most:.2f} USD" in found(result, "cost")
    assert levels(result, "cost") == ["warning"]  # more than the budget
    del teacher["price"]
    assert levels(doctor(make_run(teacher=teacher, budget_usd=1)), "cost") == ["fault"]


def test_a_model_that_is_not_here_is_not_fetched(make_run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    result = doctor(make_run(model="owner/some-model"))
    assert levels(result, "files") == ["note"]
    gated = doctor(make_run(model="llama2-7b-chat"))
    assert levels(gated, "files") == ["warning"]
    assert "huggingface.co/meta-llama" in found(gated, "files")


def test_the_hub_tells_whether_a_model_is_there_and_how_large(
    make_run, hub, tiny_model: Path
) -> None:
    files = {path.name: path.read_bytes() for path in tiny_model.iterdir()}
    hub.hold("owner/some-model", files)
    result = doctor(make_run(model="owner/some-model"), online=True)
    weights = len(files["model.safetensors"]) / 2**20
    assert f"{weights:.0f} MiB of weights" in found(result, "download")
    assert not any(request.endswith("model.safetensors") for request in hub.asked)
    result = doctor(make_run(model="owner/none"), online=True)
    assert "the hub has no model owner/none" in found(result, "model")
    assert "fault" in levels(result, "model")


def test_a_cache_that_cannot_be_made_is_the_machines_fault(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CHEMTUNE_CACHE", str(tmp_path / "file" / "cache"))
    result = doctor()
    faults = [one for one in result["findings"] if one["level"] == "fault"]
    assert [(one["group"], one["about"]) for one in faults] == [("machine", "cache folder")]
    assert "CHEMTUNE_CACHE" in faults[0]["remedy"]
    assert not os.path.lexists(tmp_path / "file" / "cache")


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_side_without_documents(make_run, tmp_path: Path, split: str) -> None:
    rows = [{"text": f"Sample {n} of copper oxide was dried.", "split": split} for n in range(3)]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = {"path": str(path), "tasks": ["keyword_extraction"]}
    result = doctor(make_run(documents=[source]))
    assert levels(result, "splits") == [{"train": "warning", "test": "fault"}[split]]
