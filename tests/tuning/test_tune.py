"""Tuning from end to end on the tiny model: it learns, resumes and stops as it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import chemtune
from chemtune.errors import InputError
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.tuning.tune import last_checkpoint, planned_steps

SAMPLE = Path(chemtune.__file__).parent / "domains/chemistry/sample"
ADAPTER = "adapter_model.safetensors"


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "adapter" / ADAPTER)


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.fixture
def built(make_run) -> Path:
    path = make_run()
    chemtune.build(path)
    return path


def test_the_loss_falls_and_the_adapter_is_pefts(built: Path, tiny_model: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    result = chemtune.tune(built)
    assert result["steps"] == len(result["losses"]) == planned_steps(6, load_recipe(built).tuning)
    assert result["loss_last"] < 0.9 * result["loss_first"]
    assert result["label_tokens"] < result["tokens"]
    assert [step for step, _ in result["validation_loss"]] == [6, 12]
    run = RunFolder(load_recipe(built).run_folder)
    assert not run.checkpoints.exists()
    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    adapted = PeftModel.from_pretrained(model, str(run.adapter))
    assert adapted.peft_config["default"].base_model_name_or_path == str(tiny_model)
    assert any("lora_B" in n and p.abs().sum() > 0 for n, p in adapted.named_parameters())


def test_trunks_learn_the_same_as_batches_of_like_length(make_run, tmp_path: Path) -> None:
    whole_epochs = {
        "epochs": 12,
        "batch_size": 100,
        "learning_rate": 0.03,
        "precision": "float32",
        "tokens_per_pass": 2048,
    }
    results = {}
    for batches in ("length", "trunks"):
        path = make_run(
            run=str(tmp_path / batches),
            documents=[
                {
                    "path": str(SAMPLE / "documents/general.jsonl"),
                    "limit": 12,
                    "tasks": ["keyword_extraction", "summarization_extraction"],
                }
            ],
            tuning=whole_epochs | {"batches": batches},
        )
        chemtune.build(path)
        results[batches] = chemtune.tune(path)
    found, expected = results["trunks"], results["length"]
    assert found["tokens"] == expected["tokens"]
    assert found["tokens_run"] < 0.75 * expected["tokens_run"]
    for name in ("losses", "validation_loss"):
        for (_, one), (_, other) in zip(found[name], expected[name], strict=True):
            assert one == pytest.approx(other, abs=1e-4)
    assert found["loss_last"] < 0.8 * found["loss_first"]


def test_a_tuning_that_is_done_is_not_done_again(built: Path) -> None:
    first = chemtune.tune(built)
    adapter = load_recipe(built).run_folder / "adapter" / ADAPTER
    written = adapter.stat().st_mtime_ns
    assert chemtune.tune(built) == json.loads(json.dumps(first))
    assert adapter.stat().st_mtime_ns == written


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(
    built: Path, tmp_path: Path
) -> None:
    recipe = load_recipe(built)
    chemtune.tune(recipe)
    first = weights(recipe.run_folder)
    (recipe.run_folder / "adapter" / "tuning.json").unlink()
    chemtune.tune(recipe)
    assert equal(weights(recipe.run_folder), first)
    other = recipe.model_copy(update={"seed": 1})
    other._file = recipe._file
    chemtune.tune(other)
    assert not equal(weights(recipe.run_folder), first)


def start(recipe: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "chemtune", "tune", str(recipe)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def wait_for_checkpoint(run: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while last_checkpoint(run / "checkpoints") is None:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_tuning_ends_with_the_weights_of_an_uninterrupted_one(
    make_run, how: signal.Signals
) -> None:
    settings = {
        "epochs": 12,
        "batch_size": 4,
        "learning_rate": 0.01,
        "precision": "float32",
        "checkpoint_steps": 2,
        "tokens_per_pass": 900,
    }
    path = make_run(tuning=settings)
    chemtune.build(path)
    run = load_recipe(path).run_folder
    process = start(path)
    wait_for_checkpoint(run, process)
    os.kill(process.pid, how)
    _, said = process.communicate(timeout=120)
    assert not (run / "adapter").exists()
    if how is signal.SIGINT:
        assert process.returncode == 1
        assert "interrupted: tuning is kept up to step" in said
        assert "Traceback" not in said
    reached = last_checkpoint(run / "checkpoints")
    assert reached is not None
    resumed = chemtune.tune(path)
    assert resumed["steps"] == 72
    interrupted = weights(run)
    (run / "adapter" / "tuning.json").unlink()
    whole = chemtune.tune(path)
    assert equal(interrupted, weights(run))
    assert [loss for _, loss in resumed["losses"]] == [loss for _, loss in whole["losses"]]


def test_a_checkpoint_that_a_crash_cut_off_is_passed_over(tmp_path: Path) -> None:
    for step in (2, 4, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
    for step in (2, 4):
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-4"
    assert last_checkpoint(tmp_path / "none") is None


def test_without_a_data_set_it_says_what_to_run(make_run) -> None:
    with pytest.raises(InputError, match="run `chemtune build` first"):
        chemtune.tune(make_run())


def test_examples_that_are_too_long_are_in_the_ledger(make_run) -> None:
    import pyarrow.parquet as pq

    path = make_run(tuning={"max_tokens": 150, "max_steps": 1, "precision": "float32"})
    chemtune.build(path)
    result = chemtune.tune(path)
    assert result["left_out"]["too long"] > 5
    rows = pq.read_table(load_recipe(path).run_folder / "dataset/too_long.parquet").to_pylist()
    assert len(rows) == result["left_out"]["too long"]
    assert "tuning.max_tokens is 150" in rows[0]["detail"]


def test_a_target_that_the_model_lacks_is_named(make_run) -> None:
    path = make_run(tuning={"lora": {"targets": ["nosuch"]}, "precision": "float32"})
    chemtune.build(path)
    with pytest.raises(InputError, match=r"tuning\.lora\.targets.*nosuch"):
        chemtune.tune(path)


def test_the_preview_shows_what_is_learned(built: Path) -> None:
    from chemtune.tuning.preview import preview_tokens

    shown = preview_tokens(load_recipe(built))["examples"]
    assert [e["task"] for e in shown] == ["keyword_extraction", "question_answering_short"]
    for example in shown:
        assert example["answer"].endswith("<|im_end|>")
        assert example["prompt"].endswith("<|im_start|>assistant\n")
        assert 0 < example["learned"] < example["tokens"]
