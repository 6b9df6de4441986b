"""Several processes share a step, and tune as one does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

import chemtune
from chemtune.errors import ChemtuneError, InputError
from chemtune.recipe.load import load_recipe
from chemtune.recipe.schema import Tuning
from chemtune.tuning import tune
from chemtune.tuning.batches import padded_passes
from chemtune.tuning.encode import Encoded
from chemtune.tuning.preflight import check_sharing, passed
from chemtune.tuning.processes import passes_of_share, share_of


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.integers(1, 5))
def test_shares_hold_every_example_once(lengths: list[int], count: int) -> None:
    examples = [Encoded(str(i), [7] * n, 0) for i, n in enumerate(lengths)]
    shares = [share_of(examples, number, count) for number in range(count)]
    found = sorted(example.example for share in shares for example in share)
    assert found == sorted(example.example for example in examples)
    tokens = [sum(len(example.ids) for example in share) for share in shares]
    # No share is more than an example away from an even one.
    assert max(tokens) <= sum(lengths) / count + max(lengths)


def test_the_first_process_decides_the_precision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Tuning()
    # Each would measure another one.
    monkeypatch.setattr(tune, "choose_precision", lambda: "bfloat16")
    assert tune._precision(settings, tmp_path, "id") == "bfloat16"
    monkeypatch.setattr(tune, "choose_precision", lambda: "float32")
    monkeypatch.setenv("RANK", "1")
    assert tune._precision(settings, tmp_path, "id") == "bfloat16"
    monkeypatch.setattr(tune, "TOLD_WITHIN_S", 0.1)
    with pytest.raises(ChemtuneError, match="the first process has not begun"):
        tune._precision(settings, tmp_path, "another")


def tune_together(recipe: Path, processes: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), "-m", "chemtune", "tune", str(recipe), "--json"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


@pytest.mark.parametrize("batches", ["length", "trunks"])
def test_two_processes_tune_as_one(make_run, tmp_path: Path, batches: str) -> None:
    settings = {
        "epochs": 1,
        # The last step has one example, and so nothing for the second process.
        "batch_size": 4,
        "learning_rate": 0.01,
        "precision": "float32",
        "tokens_per_pass": 700,
        "batches": batches,
    }
    alone = make_run(tuning=settings, run=str(tmp_path / "alone"))
    chemtune.build(alone)
    expected = chemtune.tune(alone)
    together = make_run(tuning=settings, run=str(tmp_path / "together"))
    chemtune.build(together)
    done = tune_together(together, 2)
    assert done.returncode == 0, done.stderr
    # One of them speaks and writes.
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert found["steps"] == expected["steps"]
    for name in ("losses", "validation_loss", "probe_loss"):
        for (step, one), (same, other) in zip(found[name], expected[name], strict=True):
            assert step == same
            assert one == pytest.approx(other, abs=2e-5), name
    weights = load_file(load_recipe(together).run_folder / "adapter/adapter_model.safetensors")
    others = load_file(tmp_path / "alone/adapter/adapter_model.safetensors")
    for key, value in others.items():
        torch.testing.assert_close(weights[key], value, rtol=1e-3, atol=1e-4)


def test_passes_that_all_wait_for_are_as_many_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = [Encoded(str(i), [7] * n, n - 2) for i, n in enumerate((90, 40, 30, 8, 5))]
    passes = partial(padded_passes, tokens_per_pass=32, pad_id=0)
    monkeypatch.setenv("WORLD_SIZE", "2")
    found = []
    for number in ("0", "1"):
        monkeypatch.setenv("RANK", number)
        alone = passes_of_share(examples, passes, alike=False, least=0)
        together = passes_of_share(examples, passes, alike=True, least=0)
        assert len(together) >= len(alone)
        assert [weight for _, weight in together[: len(alone)]] == [1.0] * len(alone)
        found.append([weight for _, weight in together])
    assert len(found[0]) == len(found[1])
    assert 0.0 in found[0] + found[1]
    monkeypatch.setenv("RANK", "1")
    one = passes_of_share(examples[:1], passes, alike=False, least=1)
    assert [weight for _, weight in one] in ([0.0], [1.0])


# What a process does; it tells which part of the weights it holds, and may be killed.
SHARDED = """
import json, os, sys
import chemtune
from chemtune.tuning.trainer import LabelRowTrainer

_, recipe, told, killed_at = sys.argv
step, save = LabelRowTrainer.training_step, LabelRowTrainer.save_learned

def until_killed(self, *given, **named):
    if self.state.global_step == int(killed_at):
        os._exit(9)
    return step(self, *given, **named)

def telling(self, folder):
    layers = [p for n, p in self.model_wrapped.named_parameters() if ".layers." in n]
    held = sum(getattr(p, "_local_tensor", p).numel() for p in layers)
    with open(f"{told}-{os.environ['RANK']}", "w") as file:
        json.dump([held, sum(p.numel() for p in layers)], file)
    save(self, folder)

LabelRowTrainer.training_step, LabelRowTrainer.save_learned = until_killed, telling
summary = chemtune.tune(recipe)
if os.environ["RANK"] == "0":
    print(json.dumps(summary))
"""


def tune_sharded(recipe: Path, killed_at: int = -1) -> tuple[int, str, str]:
    """Run two processes as torchrun would; return what the first one ended with and wrote."""
    script = recipe.parent / "sharded.py"
    script.write_text(SHARDED, encoding="utf-8")
    command = [sys.executable, str(script), str(recipe), str(recipe.parent / "held")]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = []
    for rank in ("0", "1"):
        told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
        told |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
        started.append(
            subprocess.Popen(
                [*command, str(killed_at)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | told,
            )
        )
    try:
        (out, news), _ = [process.communicate(timeout=120) for process in started]
    finally:
        for process in started:
            process.kill()
    return started[0].returncode, out, news


@pytest.mark.parametrize("method", ["lora", "full"])
def test_weights_that_are_shared_out_learn_the_same(make_run, tmp_path: Path, method: str) -> None:
    settings = {
        "method": method,
        "epochs": 1,
        # The processes have other numbers of passes in a step, and the last step has one example.
        "batch_size": 4,
        "tokens_per_pass": 700,
        "learning_rate": 0.01 if method == "lora" else 0.001,
        "precision": "float32",
        "checkpoint_steps": 2,
        "validate_steps": 2,
        "early_stopping": {"patience": 2},
    }
    alone = make_run(tuning=settings, run=str(tmp_path / "alone"))
    chemtune.build(alone)
    expected = chemtune.tune(alone)
    together = make_run(tuning=settings | {"sharded": True}, run=str(tmp_path / "together"))
    chemtune.build(together)
    if method == "lora":
        assert tune_sharded(together, killed_at=5)[0] == 9
        assert (tmp_path / "together/checkpoints/checkpoint-4/sha256.json").is_file()
    ended, out, news = tune_sharded(together)
    assert ended == 0, news
    assert ("Tuning goes on from step 4" in news) is (method == "lora")
    found = json.loads(out)
    for name in ("losses", "validation_loss", "probe_loss"):
        for (step, one), (same, other) in zip(found[name], expected[name], strict=True):
            assert step == same
            assert one == pytest.approx(other, abs=2e-5), name
    assert found["best_step"] == expected["best_step"]
    held = [json.loads((tmp_path / f"held-{rank}").read_text()) for rank in (0, 1)]
    for part, whole in held:
        assert part == pytest.approx(whole / 2, rel=0.02)
    file = "adapter_model.safetensors" if method == "lora" else "model.safetensors"
    weights, others = (
        load_file(tmp_path / run / "adapter" / file) for run in ("together", "alone")
    )
    assert weights.keys() == others.keys()
    for key, value in others.items():
        torch.testing.assert_close(weights[key], value, rtol=1e-3, atol=1e-4)


def test_what_cannot_be_shared_out_is_told() -> None:
    with pytest.raises(InputError, match="four bits are not shared out"):
        passed([check_sharing(2, four_bit=True)])
    assert check_sharing(1, four_bit=False).status == "warning"
    assert "each of 2 processes" in str(check_sharing(2, four_bit=False))
