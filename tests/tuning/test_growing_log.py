"""The log of a tuning that grows: whole, each step once, also after a kill or a failure."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import chemtune
from chemtune.errors import ChemtuneError
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.tuning.checkpoints import last_checkpoint, step_of

LONG = {
    "epochs": 12,
    "batch_size": 4,
    "learning_rate": 0.01,
    "precision": "float32",
    "checkpoint_steps": 2,
    "tokens_per_pass": 900,
}


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def losses(path: Path) -> list[tuple[int, float]]:
    return [(entry["step"], entry["loss"]) for entry in entries(path) if "loss" in entry]


def test_it_holds_what_the_log_of_the_adapter_holds(make_run) -> None:
    path = make_run(tuning=LONG | {"epochs": 1})
    chemtune.build(path)
    began = time.time()
    summary = chemtune.tune(path)
    folder = RunFolder(load_recipe(path).run_folder)
    head, *logged, end = entries(folder.tuning_log)
    assert (head["steps"], head["begun"]) == (summary["steps"], 0)
    assert end["ended"] == summary["steps"]
    times = [entry.pop("at") for entry in logged]
    assert began - 1 < times[0]
    assert times == sorted(times)
    assert logged == entries(folder.adapter / "log.jsonl")


def test_after_a_kill_no_step_is_lost_and_none_is_there_twice(make_run) -> None:
    path = make_run(tuning=LONG)
    chemtune.build(path)
    folder = RunFolder(load_recipe(path).run_folder)
    command = [sys.executable, "-m", "chemtune", "tune", str(path)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    # An odd number of steps: more than the newest checkpoint has.
    while not folder.tuning_log.is_file() or len(losses(folder.tuning_log)) < 5:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    # A line that was cut off by the kill.
    with folder.tuning_log.open("a", encoding="utf-8") as file:
        file.write('{"loss": 1.2')
    reached = last_checkpoint(folder.checkpoints)
    assert reached is not None
    summary = chemtune.tune(path)
    assert losses(folder.tuning_log) == [tuple(pair) for pair in summary["losses"]]
    assert [step for step, _ in losses(folder.tuning_log)] == list(range(1, 73))
    assert entries(folder.tuning_log)[0]["begun"] == step_of(reached)


def test_a_failure_is_its_last_line(make_run) -> None:
    path = make_run(tuning=LONG | {"learning_rate": 1e30, "warmup": 0.5, "max_grad_norm": 0})
    chemtune.build(path)
    with pytest.raises(ChemtuneError, match="is no number") as told:
        chemtune.tune(path)
    last = entries(RunFolder(load_recipe(path).run_folder).tuning_log)[-1]
    assert last == {"failed": str(told.value)}
