"""Several processes share a step, and tune as one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

import chemtune
from chemtune.errors import ChemtuneError
from chemtune.recipe.load import load_recipe
from chemtune.recipe.schema import Tuning
from chemtune.tuning import tune
from chemtune.tuning.encode import Encoded
from chemtune.tuning.processes import share_of


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
