"""A grid from its file to `cells.json`, with the tiny model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import chemtune
from chemtune.dataset.example import read_examples
from chemtune.errors import InputError
from chemtune.experiment.grid.runner import experiment
from chemtune.recipe.load import load_recipe

TUNED = ["keywords--0", "keywords--1", "answers--0"]
KEYWORDS = {"tuning.mixture": {"times": {"keyword_extraction": 1}}}
BOTH = {"none": None, "keywords": KEYWORDS}
Make = Callable[..., Path]


def rows_of(out: Path) -> dict[str, dict[str, Any]]:
    return {r["id"]: r for r in json.loads((out / "cells.json").read_text("utf-8"))["cells"]}


def states_of(out: Path) -> dict[str, str]:
    return {name: row["state"] for name, row in rows_of(out).items()}


def scores_of(out: Path, cell: str) -> dict[str, Any]:
    path = out / "cells" / cell / "evaluation/scores.json"
    scores: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return scores


def written(out: Path) -> dict[str, int]:
    """When each cell was done."""
    return {p.parent.name: p.stat().st_mtime_ns for p in out.glob("cells/*/cell.json")}


def begin(grid: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "chemtune", "experiment", str(grid), "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(Path(chemtune.__file__).parents[1])}
    # A shell starts what it puts in the background with SIGINT ignored, which would be passed on.
    return subprocess.Popen(
        command,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_for(pattern: str, out: Path) -> None:
    deadline = time.monotonic() + 90
    while not any(out.glob(pattern)):
        assert time.monotonic() < deadline, f"no {pattern}"
        time.sleep(0.01)


def test_cells_are_runs_that_share_data_and_start(make_grid: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    grid = make_grid(exclude=[{"mixture": "answers", "seed": 1}])
    estimate = experiment(grid, dry_run=True, out=out)
    assert not (out / "cells").exists()
    result = experiment(grid, out=out)
    assert (result["done"], result["failed"], result["open"]) == (4, 0, 0)
    rows = rows_of(out)
    assert list(rows) == ["none", *TUNED]
    assert rows["keywords--1"]["axes"] == {"mixture": "keywords", "seed": 1}
    assert all(row["own_start"] == "none" for row in rows.values())
    assert all(row["wall_s"] > 0 and row["peak_memory_bytes"] > 0 for row in rows.values())
    # What was estimated was counted on the real tokens.
    tokens = {name: row["tokens"] for name, row in rows.items()}
    assert {row["id"]: row["tokens"] for row in estimate["cells"]} == tokens
    assert tokens["keywords--0"] == tokens["keywords--1"] > tokens["answers--0"] > tokens["none"]

    built = next((out / "data").iterdir()) / "dataset/train.parquet"
    assert len(list((out / "data").iterdir())) == 1
    assert all((out / f"cells/{c}/dataset/train.parquet").samefile(built) for c in TUNED)
    assert len(read_examples(built)) == 21  # of 8 documents and 13 pairs
    tokens_of = [out / f"cells/keywords--{seed}/tokens/train.parquet" for seed in (0, 1)]
    assert tokens_of[0].samefile(tokens_of[1])

    own = scores_of(out, "none")
    assert list(own) == ["before"]
    before, after = (scores_of(out, "keywords--0")[side] for side in ("before", "after"))
    assert before["identity"] == own["before"]["identity"] != after["identity"]
    for card in before["tasks"].values():
        assert Path(card["predictions"]).parent == out / "cells/keywords--0/evaluation/before"
        assert Path(card["predictions"]).is_file()
        assert Path(card["parts"]).is_file()
    assert len({scores_of(out, cell)["after"]["identity"] for cell in TUNED}) == 3
    recipe = load_recipe(out / "cells/keywords--1")
    assert (recipe.name, recipe.tuning.seed, recipe.seed) == ("keywords--1", 1, 0)


def test_only_what_changed_is_done_again(
    make_grid: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    axes: dict[str, Any] = {"mixture": BOTH, "rate": {"low": {"tuning.learning_rate": 0.01}}}
    experiment(make_grid(axes=axes), out=out)
    first = written(out)
    axes["rate"]["high"] = {"tuning.learning_rate": 0.02}
    grid = make_grid(axes=axes)
    with pytest.raises(InputError, match="no cell is called 'rate=hihg'"):
        experiment(grid, out=out, only=["rate=hihg"])
    estimate = experiment(grid, dry_run=True, out=out)
    of_cell = {row["id"]: row for row in estimate["cells"]}
    # The rate of a cell that is done tells what one like it takes: it learns from the same.
    low, high = of_cell["keywords--low"], of_cell["keywords--high"]
    assert (low["by"], high["by"]) == ("done", "like")
    assert high["seconds"]["tune"] == pytest.approx(low["seconds"]["tune"], abs=0.11)
    assert high["memory_bytes"] == low["memory_bytes"] > 0
    assert estimate["wall_s"] == high["wall_s"]
    # A cell is done by its scores; without its adapter its speed is not known.
    adapter = out / "cells/keywords--low/adapter"
    aside = adapter.rename(tmp_path / "aside")
    again = {row["id"]: row["by"] for row in experiment(grid, dry_run=True, out=out)["cells"]}
    assert again == {"none": "done", "keywords--low": "done", "keywords--high": "measured"}
    aside.rename(adapter)

    experiment(grid, out=out, only=["rate=high"])
    second = written(out)
    assert set(second) == set(first) | {"keywords--high"}
    assert {name: second[name] for name in first} == first

    axes["rate"]["high"] = {"tuning.learning_rate": 0.03}
    capsys.readouterr()
    experiment(make_grid(axes=axes), out=out)
    assert "Changed since they were done, and done again: keywords--high" in capsys.readouterr().err
    third = written(out)
    assert [name for name in third if third[name] != second[name]] == ["keywords--high"]
    documents = Path(load_recipe(make_grid(axes=axes).with_name("recipe.yaml")).documents[1].path)
    lines = documents.read_text("utf-8").splitlines(keepends=True)
    documents.write_text("".join(lines[:-1]), encoding="utf-8")
    # Other documents are other data, for every cell.
    experiment(make_grid(axes=axes), out=out, only=["none"])
    assert states_of(out) == {"none": "done", "keywords--low": "open", "keywords--high": "open"}


def test_a_cell_that_fails_is_noted_and_tried_again(make_grid: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tight = {"tuning.max_tokens": 16}
    axes = {"length": {"short": tight, "long": {"tuning.max_tokens": 2048}}}
    changes = {"set": {"evaluation.baseline": False, "tuning.mixture": KEYWORDS["tuning.mixture"]}}
    grid = make_grid(axes=axes, **changes)
    run = begin(grid, out)
    _, said = run.communicate(timeout=120)
    assert run.returncode == 1
    assert "holds no example to train on" in said
    rows = rows_of(out)
    assert (rows["short"]["state"], rows["long"]["state"]) == ("failed", "done")
    assert "holds no example to train on" in rows["short"]["why"]
    assert rows["long"]["own_start"] is None
    assert list(scores_of(out, "long")) == ["after"]
    done = written(out)
    again = experiment(grid, out=out)
    assert (again["failed"], again["done"]) == (1, 1)
    assert written(out) == done


def test_killed_it_goes_on_from_the_last_checkpoint(make_grid: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    grid = make_grid(axes={"mixture": BOTH}, set={"tuning.max_steps": 60, "tuning.probe": False})
    run = begin(grid, out)
    wait_for("cells/keywords/checkpoints/checkpoint-*/sha256.json", out)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert states_of(out) == {"none": "done", "keywords": "running"}
    first = written(out)
    result = experiment(grid, out=out)
    assert result["done"] == 2
    assert written(out)["none"] == first["none"]
    cell = json.loads((out / "cells/keywords/cell.json").read_text("utf-8"))
    assert cell["resumed"]
    summary = json.loads((out / "cells/keywords/adapter/tuning.json").read_text("utf-8"))
    # Each step once, over both processes.
    assert [step for step, _ in summary["losses"]] == list(range(1, 61))


def test_interrupted_it_says_so_and_keeps_the_step(make_grid: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    steps = {"tuning.max_steps": 4000, "tuning.probe": False, "tuning.checkpoint_steps": 4000}
    run = begin(make_grid(axes={"mixture": BOTH}, set=steps), out)
    wait_for("cells/keywords/checkpoints/started.json", out)
    time.sleep(3)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "interrupted: 1 of 2 cells are done" in said
    assert "Traceback" not in said
    assert states_of(out) == {"none": "done", "keywords": "open"}
    assert any(out.glob("cells/keywords/checkpoints/checkpoint-*/sha256.json"))


def test_a_missing_model_is_told_before_anything_runs(make_grid: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    models = {"here": {"tuning.epochs": 1}, "lost": {"model": "smollm3"}, "gone": {"model": "./no"}}
    with pytest.raises(InputError) as caught:
        experiment(make_grid(axes={"start": models}), out=out)
    assert len(caught.value.problems) == 2
    assert "unknown model 'smollm3'" in str(caught.value)
    assert not (out / "data").exists()
