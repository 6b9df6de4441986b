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
from chemtune.dataset.example import read_examples
from chemtune.errors import ChemtuneError, InputError
from chemtune.files import held_alone
from chemtune.models.load import load_student
from chemtune.models.resolve import resolve_model
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.tuning.batches import collate
from chemtune.tuning.checkpoints import last_checkpoint, step_of
from chemtune.tuning.encode import encode
from chemtune.tuning.fit import planned_steps
from chemtune.tuning.loss import label_loss

SAMPLE = Path(chemtune.__file__).parent / "domains/chemistry/sample"
ADAPTER = "adapter_model.safetensors"
# 72 steps, long enough to be interrupted.
LONG = {
    "epochs": 12,
    "batch_size": 4,
    "learning_rate": 0.01,
    "precision": "float32",
    "checkpoint_steps": 2,
    "tokens_per_pass": 900,
}


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
    assert [step for step, _ in result["validation_loss"]] == [0, 6, 12]
    assert [step for step, _ in result["probe_loss"]] == [0, 6, 12]
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


def test_a_curriculum_orders_the_steps(make_run, tmp_path: Path) -> None:
    tasks = ["keyword_extraction", "summarization_extraction"]
    # So slow that a step's loss tells its examples; a stage is one step.
    still = {"epochs": 2, "batch_size": 100, "learning_rate": 1e-12, "precision": "float32"}
    losses = []
    for order in (tasks, tasks[::-1]):
        path = make_run(
            run=str(tmp_path / order[0]),
            documents=[
                {"path": str(SAMPLE / "documents/general.jsonl"), "limit": 12, "tasks": tasks}
            ],
            tuning=still | {"curriculum": {"column": "task", "order": order}},
        )
        chemtune.build(path)
        losses.append([loss for _, loss in chemtune.tune(path)["losses"]])
    forward, backward = losses
    assert len(forward) == 4
    assert abs(forward[0] - forward[1]) > 0.05
    assert forward[:2] == pytest.approx(forward[2:], abs=1e-4)
    assert backward == pytest.approx([forward[1], forward[0]] * 2, abs=1e-4)


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
    path = make_run(tuning=LONG)
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
    before = json.loads((reached / "seconds.json").read_text(encoding="utf-8"))
    resumed = chemtune.tune(path)
    assert resumed["steps"] == 72
    assert resumed["wall_s"] > before > 0
    assert resumed["tokens_per_second"] == pytest.approx(
        resumed["tokens"] / resumed["wall_s"], rel=0.1
    )
    interrupted = weights(run)
    (run / "adapter" / "tuning.json").unlink()
    whole = chemtune.tune(path)
    assert equal(interrupted, weights(run))
    assert [loss for _, loss in resumed["losses"]] == [loss for _, loss in whole["losses"]]


def test_a_damaged_checkpoint_is_passed_over_and_nothing_is_lost(
    make_run, capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_run(tuning=LONG)
    chemtune.build(path)
    run = load_recipe(path).run_folder
    process = start(path)
    wait_for_checkpoint(run, process)
    while (reached := last_checkpoint(run / "checkpoints")) is None or step_of(reached) < 4:
        assert process.poll() is None
    process.kill()
    process.wait()
    newest = last_checkpoint(run / "checkpoints")
    assert newest is not None
    (newest / "optimizer.pt").write_bytes(b"")
    resumed = chemtune.tune(path)
    said = capsys.readouterr().err
    assert f"{newest} is damaged (optimizer.pt)" in said
    assert f"goes on from step {step_of(newest) - 2} of 72" in said
    interrupted = weights(run)
    (run / "adapter" / "tuning.json").unlink()
    whole = chemtune.tune(path)
    assert equal(interrupted, weights(run))
    assert [loss for _, loss in resumed["losses"]] == [loss for _, loss in whole["losses"]]


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_checkpoint(make_run) -> None:
    settings = {
        "epochs": 12,
        "batch_size": 4,
        "learning_rate": 1e30,
        "warmup": 0.5,
        "max_grad_norm": 0,
        "precision": "float32",
        "checkpoint_steps": 1,
    }
    path = make_run(tuning=settings)
    chemtune.build(path)
    with pytest.raises(ChemtuneError, match=r"of step \d+ is no number.*learning_rate") as told:
        chemtune.tune(path)
    assert told.value.exit_code == 1
    run = load_recipe(path).run_folder
    kept = last_checkpoint(run / "checkpoints")
    assert kept is not None
    state = load_file(kept / "adapter_model.safetensors")
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
    assert not (run / "adapter").exists()


def test_two_tunings_of_one_run_do_not_mix(built: Path) -> None:
    run = load_recipe(built).run_folder
    with (
        held_alone(run / ".tuning.lock", "busy"),
        pytest.raises(ChemtuneError, match="another process tunes in this folder"),
    ):
        chemtune.tune(built)


def test_tuning_stops_where_the_validation_loss_rises_and_keeps_the_best(make_run) -> None:
    settings = {
        "epochs": 60,
        "batch_size": 4,
        "learning_rate": 0.05,
        "precision": "float32",
        "validate_steps": 3,
        "early_stopping": {"patience": 2},
        "probe": False,
    }
    path = make_run(tuning=settings)
    chemtune.build(path)
    result = chemtune.tune(path)
    assert result["stopped_early"]
    assert result["steps"] < 360
    losses = dict(result["validation_loss"])
    assert losses[result["best_step"]] == min(losses.values())
    assert result["steps"] == result["best_step"] + 2 * 3
    assert result["probe_loss"] == []
    # The adapter that is kept has the best loss.
    student = load_student(
        resolve_model(load_recipe(path).model),
        precision="float32",
        adapter=load_recipe(path).run_folder / "adapter",
    )
    examples = read_examples(load_recipe(path).run_folder / "dataset/validation.parquet")
    encoded = encode(examples, student.template)
    with torch.no_grad():
        total = sum(float(label_loss(student.model, **collate([one], 0))) for one in encoded)
    mean = total / sum(one.label_count for one in encoded)
    assert mean == pytest.approx(losses[result["best_step"]], abs=1e-4)


@pytest.mark.parametrize(
    "lora", [{"rank_stabilized": True}, {"dora": True}, {"last_layers": 1}, {"dropout": 0.1}]
)
def test_kinds_of_adapters_learn_and_are_read_again(make_run, lora: dict[str, object]) -> None:
    settings = {
        "epochs": 4,
        "batch_size": 4,
        "learning_rate": 0.01,
        "precision": "float32",
        "lora": lora,
    }
    path = make_run(tuning=settings)
    chemtune.build(path)
    result = chemtune.tune(path)
    losses = [loss for _, loss in result["validation_loss"]]
    assert losses[-1] < losses[0]
    config = json.loads((load_recipe(path).run_folder / "adapter/adapter_config.json").read_text())
    assert config["use_rslora"] == bool(lora.get("rank_stabilized"))
    assert config["use_dora"] == bool(lora.get("dora"))
    chemtune.evaluate(path, only="after")


def test_all_weights_can_be_tuned_as_a_comparison(make_run, tiny_model: Path) -> None:
    settings = {
        "method": "full",
        "epochs": 4,
        "batch_size": 4,
        "learning_rate": 0.003,
    }
    path = make_run(tuning=settings)
    chemtune.build(path)
    result = chemtune.tune(path)
    losses = [loss for _, loss in result["validation_loss"]]
    assert losses[-1] < losses[0]
    assert result["precision"] == "float32"
    tuned = load_file(load_recipe(path).run_folder / "adapter/model.safetensors")
    before = load_file(tiny_model / "model.safetensors")
    assert tuned.keys() == before.keys()
    assert all(not torch.equal(tuned[name], before[name]) for name in tuned)
    scores = chemtune.evaluate(path)
    assert scores["before"]["identity"] != scores["after"]["identity"]
    exported = Path(chemtune.export(load_recipe(path).run_folder)["export"])
    written = load_file(exported / "model.safetensors")
    assert all(torch.equal(written[name], tuned[name]) for name in tuned)


def test_four_bits_without_a_gpu_are_refused(make_run) -> None:
    path = make_run(tuning={"lora": {"base": "nf4"}, "max_steps": 1})
    chemtune.build(path)
    with pytest.raises(InputError, match=r"tuning\.lora\.base: four-bit weights need a GPU"):
        chemtune.tune(path)


def test_the_log_holds_what_each_step_was(built: Path) -> None:
    chemtune.tune(built)
    lines = (load_recipe(built).run_folder / "adapter/log.jsonl").read_text().splitlines()
    steps = [entry for entry in map(json.loads, lines) if "loss" in entry]
    assert len(steps) == 12
    for entry in steps:
        assert entry.keys() >= {"learning_rate", "grad_norm", "tokens_per_second", "epoch"}
        assert entry["tokens_per_second"] > 0


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
    assert "the limit is 150" in rows[0]["detail"]


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


def test_the_preview_leaves_out_what_the_mixture_leaves_out(make_run) -> None:
    from chemtune.tuning.preview import preview_tokens

    path = make_run(tuning={"mixture": {"times": {"question_answering_short": 1}}})
    chemtune.build(path)
    shown = preview_tokens(load_recipe(path))["examples"]
    assert [e["task"] for e in shown] == ["question_answering_short"]


def test_half_of_what_was_learned_is_kept(make_run) -> None:
    from safetensors.torch import load_file

    def deltas(run: Path) -> dict[str, torch.Tensor]:
        """What is added to each weight, by the formula of LoRA."""
        config = json.loads((run / "adapter/adapter_config.json").read_text())
        tensors = load_file(run / "adapter/adapter_model.safetensors")
        scale = config["lora_alpha"] / config["r"]
        names = [name for name in tensors if "lora_A" in name]
        return {n: tensors[n.replace("lora_A", "lora_B")] @ tensors[n] * scale for n in names}

    tuning = {"precision": "float32", "max_steps": 3, "lora": {"rank": 4, "alpha": 6}}
    found = {}
    for keep in (1.0, 0.5):
        path = make_run(tuning=tuning | {"keep": keep})
        chemtune.build(path)
        run = Path(chemtune.tune(path)["adapter"]).parent
        found[keep] = deltas(run)
        assert json.loads((run / "adapter/tuning.json").read_text()).get("keep", 1.0) == keep
    assert found[1.0]
    for name, whole in found[1.0].items():
        torch.testing.assert_close(found[0.5][name], whole / 2)
        assert whole.abs().max() > 0


def test_what_is_kept_in_part_is_plain_lora(make_run) -> None:
    with pytest.raises(InputError, match="goes with plain LoRA"):
        load_recipe(make_run(tuning={"keep": 0.5, "lora": {"dora": True}}))
