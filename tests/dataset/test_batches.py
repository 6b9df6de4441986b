"""Builds through a Batch API, that end and begin again at any moment."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import chemtune
from chemtune.dataset.build import build
from chemtune.errors import ChemtuneError

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_server import BatchServer

RECIPE = {
    "kind": "batch",
    "model": "m",
    "poll_s": 0.05,
    "price": {"input": 1.0, "output": 2.0},
}


def test_killed_at_any_step_nothing_is_bought_twice(
    batch_server: BatchServer, tmp_path: Path, project: Callable[..., Path]
) -> None:
    """kill -9 while the endpoint works at each of the steps; the next run goes on from there."""
    rows = [{"id": f"d{n}", "text": f"Pt on ATO, run {n}.", "split": "train"} for n in range(20)]
    recipe = project(
        documents=rows,
        recipe={
            "documents": [{"path": "papers.jsonl", "tasks": ["names"]}],
            "teacher": RECIPE | {"base_url": batch_server.url},
        },
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(chemtune.__file__).parents[1])}
    command = [sys.executable, "-m", "chemtune", "build", str(recipe), "--json"]
    steps = (r"POST /v1/files", r"POST /v1/batches", r"GET /v1/batches/\w+", r"GET .*/content")
    for step in map(re.compile, steps):

        def slow_s(method: str, path: str, step: re.Pattern[str] = step) -> float:
            return 5.0 if step.fullmatch(f"{method} {path}") else 0.0

        batch_server.slow_s = slow_s
        before = len(batch_server.asked)
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as run:
            deadline = time.monotonic() + 20
            while not any(map(step.fullmatch, batch_server.asked[before:])):
                assert run.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.005)
            time.sleep(0.05)
            run.send_signal(signal.SIGKILL)
    batch_server.slow_s = lambda method, path: 0.0
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["accepted"], len(batch_server.batches)) == (20, 1)
    assert {p.name for p in Path(result["run"]).glob(".*.jsonl")} == set()


def test_nothing_fetched_yet_is_no_fault_of_the_input(
    batch_server: BatchServer, project: Callable[..., Path]
) -> None:
    batch_server.holds = True
    teacher = RECIPE | {"base_url": batch_server.url, "wait_hours": 0}
    only = [{"path": "papers.jsonl", "tasks": ["names"]}]
    recipe = project(recipe={"documents": only, "teacher": teacher})
    with pytest.raises(ChemtuneError, match="6 requests are with the endpoint, in 1 batch") as told:
        build(recipe)
    assert told.value.exit_code == 1
    batch_server.holds = False
    teacher["wait_hours"] = None
    result = build(project(recipe={"documents": only, "teacher": teacher}))
    # What was reserved for the batch and not needed is no negative cost of this run.
    assert result["cost_usd"] == pytest.approx(6 * 13e-6)
