"""A build that is killed at any moment loses nothing and buys nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import chemtune
from chemtune.dataset.build import build
from chemtune.dataset.example import read_examples
from chemtune.recipe.load import load_recipe
from chemtune.teachers.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_server import ChatServer

DOCUMENTS, IN_FLIGHT, KILLS = 400, 8, 20
FILES = ("train.parquet", "test.parquet", "train.jsonl", "rejected.parquet", "README.md")


def recipe_at(project: Callable[..., Path], server: ChatServer) -> Path:
    rows = [{"id": f"d{n}", "text": f"Pt on ATO, run {n}."} for n in range(DOCUMENTS)]
    teacher = {
        "kind": "endpoint",
        "base_url": server.url,
        "model": "m",
        "concurrency": IN_FLIGHT,
        "price": {"input": 1.0, "output": 2.0},
    }
    only = [{"path": "papers.jsonl", "tasks": ["names"]}]
    return project(documents=rows, recipe={"documents": only, "teacher": teacher})


def answer(body: dict[str, Any]) -> bytes:
    """Of ten replies one is unreadable and one invents a catalyst."""
    number = int(body["messages"][-1]["content"].split("run ")[1].split(".")[0])
    said = {0: "I cannot.", 1: '{"C": "Ru", "S": "ATO"}'}.get(
        number % 10, '{"C": "Pt", "S": "ATO"}'
    )
    message = {"role": "assistant", "content": said}
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    return json.dumps(
        {"model": "m", "choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    ).encode()


def test_killed_twenty_times_it_makes_the_same(
    project: Callable[..., Path], server: ChatServer, tmp_path: Path
) -> None:
    server.behave = lambda number, body: server.how(delay_s=0.01, body=answer(body))
    recipe = recipe_at(project, server)
    environment = {**os.environ, "PYTHONPATH": str(Path(chemtune.__file__).parents[1])}
    command = [sys.executable, "-m", "chemtune", "build", str(recipe), "--json"]
    rng = random.Random(0)
    for _ in range(KILLS):
        asked = len(server.bodies)
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as run:
            # Some are killed before they ask, most while they do.
            more = rng.randrange(0, DOCUMENTS // KILLS)
            deadline = time.monotonic() + 20
            while len(server.bodies) <= asked + more and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.02))
            run.send_signal(signal.SIGKILL)
    result = json.loads(subprocess.run(command, env=environment, capture_output=True).stdout)
    sent = Counter(body["messages"][-1]["content"] for body in server.bodies)
    assert len(sent) == DOCUMENTS
    again = sum(count - 1 for count in sent.values())
    assert again <= KILLS * IN_FLIGHT
    folder = Path(result["run"]) / "dataset"
    whole = build(load_recipe(recipe).in_run_folder(tmp_path / "whole"))
    for name in FILES:
        assert (folder / name).read_bytes() == (tmp_path / "whole/dataset" / name).read_bytes()
    assert (result["accepted"], result["rejected"]) == (whole["accepted"], whole["rejected"])
    assert result["rejected"] == {"grounding": 40, "unreadable reply": 40}
    with Journal(Path(result["run"]) / "journal.sqlite") as journal:
        assert len(journal) == DOCUMENTS


def test_two_builds_at_once_on_one_journal(
    project: Callable[..., Path], server: ChatServer, tmp_path: Path
) -> None:
    server.behave = lambda number, body: server.how(delay_s=0.01, body=answer(body))
    recipe = recipe_at(project, server)
    text = recipe.read_text("utf-8").replace("{", '{"journal": "shared.sqlite",', 1)
    recipe.write_text(text, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(chemtune.__file__).parents[1])}
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "chemtune", "build", str(recipe), "--out", str(tmp_path / name)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "other")
    ]
    told = [run.communicate(timeout=60)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
    one, other = (
        read_examples(tmp_path / f"{name}/dataset/train.parquet") for name in ("one", "other")
    )
    assert one == other
    with Journal(tmp_path / "shared.sqlite") as journal:
        assert len(journal) == DOCUMENTS


def test_offline_it_is_rebuilt_byte_for_byte_from_the_journal(
    project: Callable[..., Path], server: ChatServer
) -> None:
    server.behave = lambda number, body: server.how(
        status=400 if number == 3 else 200, body=b"too rude" if number == 3 else answer(body)
    )
    recipe = recipe_at(project, server)
    first = build(recipe)
    assert first["cost_usd"] > 0
    folder = Path(first["run"]) / "dataset"
    before = {name: (folder / name).read_bytes() for name in FILES}
    for name in FILES[:3]:
        (folder / name).unlink()
    asked = len(server.bodies)
    again = build(recipe, offline=True)
    assert len(server.bodies) == asked
    assert again["requests"] == again["cost_usd"] == 0
    assert {name: (folder / name).read_bytes() for name in FILES} == before
    examples = read_examples(folder / "train.parquet")
    assert {example.cost_usd for example in examples} == {13e-6}


def test_a_budget_ends_the_asking_and_the_next_run_goes_on(
    project: Callable[..., Path], server: ChatServer
) -> None:
    server.behave = lambda number, body: server.how(body=answer(body))
    recipe = recipe_at(project, server)
    text = recipe.read_text("utf-8")
    recipe.write_text(text.replace("{", '{"budget_usd": 0.004,', 1), "utf-8")
    first = build(recipe)
    assert first["stopped"].startswith("the budget has no room for another request")
    assert "raise budget_usd" in first["stopped"]
    assert 0 < first["cost_usd"] <= 0.004
    assert 0 < first["accepted"] < 320
    left = first["rejected"]["not asked"]
    assert left == DOCUMENTS - len(server.bodies)
    recipe.write_text(text.replace("{", '{"budget_usd": 0.2,', 1), "utf-8")
    second = build(recipe)
    assert (second["requests"], second["stopped"], second["accepted"]) == (left, "", 320)
