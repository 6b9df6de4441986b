"""Cells on a Ray cluster of two workers, one of which is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("ray")

SCRIPT = """
import json, sys, threading, time
from pathlib import Path

import ray
from ray.cluster_utils import Cluster

grid, out = map(Path, sys.argv[1:])
KEPT = "cells/*/checkpoints/checkpoint-*/sha256.json"
cluster = Cluster()
cluster.add_node(num_cpus=0)  # the driver's
workers = [cluster.add_node(num_cpus=1) for _ in range(2)]
ray.init(address=cluster.address, log_to_driver=False)
killed = []

def kill_one():
    # As soon as two cells tune, one each: a cell alone may have two checkpoints.
    while len({path.parents[2] for path in out.glob(KEPT)}) < 2:
        time.sleep(0.02)
    cluster.remove_node(workers.pop(), allow_graceful=False)
    killed.append(time.monotonic())

threading.Thread(target=kill_one, daemon=True).start()
from chemtune.experiment.grid.runner import experiment

result = experiment(grid, engine="ray", out=out)
print(json.dumps({
    "killed": len(killed),
    "alive": sum(node["Alive"] for node in ray.nodes()),
    "states": {row["id"]: [row["state"], row["why"]] for row in result["cells"]},
}))
"""


def test_a_worker_that_dies_costs_no_cell(make_grid: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    long = {"tuning.max_steps": 40, "tuning.validate_steps": 40, "tuning.probe": False}
    grid = make_grid(
        set=long,
        axes={"mixture": {"none": None, "all": {"tuning.mixture": None}}, "seed": [0, 1, 2]},
    )
    script = tmp_path / "cluster.py"
    script.write_text(SCRIPT, encoding="utf-8")
    environment = {**os.environ, "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
    run = subprocess.run(
        [sys.executable, str(script), str(grid), str(out)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["killed"] == 1
    assert told["alive"] == 2
    cells = [json.loads((out / f"cells/all--{n}/cell.json").read_text("utf-8")) for n in range(3)]
    assert sum(cell["resumed"] for cell in cells) == 1
    assert told["states"] == {name: ["done", ""] for name in ("none", "all--0", "all--1", "all--2")}
