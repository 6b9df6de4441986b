"""The runs below a folder: found, summed up in a row, and read again only where they changed."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from chemtune.experiment import found_runs
from chemtune.experiment.found_run import found_run
from chemtune.experiment.found_runs import FoundRuns
from chemtune.files import write_json
from chemtune.recipe.run_folder import RunFolder


@pytest.fixture
def root(tmp_path: Path, whole_run: Any) -> Path:
    """A folder with a whole run in it."""
    shutil.copytree(whole_run.path, tmp_path / "runs/whole")
    return tmp_path / "runs"


def copied(whole: Any, to: Path) -> Path:
    shutil.copytree(whole.path, to)
    return to


def grid(folder: Path, **cells: tuple[str, str]) -> None:
    rows = [
        {"id": name, "axes": {}, "state": state, "why": why, "run": f"cells/{name}"}
        for name, (state, why) in cells.items()
    ]
    write_json(folder / "cells.json", {"grid": "g", "axes": {}, "cells": rows})


def names(found: found_runs.Found) -> list[str]:
    return [run.name for run in found.runs]


def test_runs_are_found_to_the_third_level_and_in_grids_only_cells(
    root: Path, whole_run: Any
) -> None:
    copied(whole_run, root / "a/b/third")
    copied(whole_run, root / "a/b/c/fourth")
    copied(whole_run, root / ".hidden")
    copied(whole_run, root / "whole/inside")
    copied(whole_run, root / "grid/cells/one")
    copied(whole_run, root / "grid/data/of_a_cell")
    grid(root / "grid", one=("done", ""))
    outside = copied(whole_run, root.parent / "outside")
    (root / "link").symlink_to(outside)
    assert names(FoundRuns(root).find()) == ["whole", "a/b/third", "grid/cells/one"]


def test_a_row_says_what_the_files_say(root: Path) -> None:
    (run,) = FoundRuns(root).find().runs
    scores = json.loads((root / "whole/evaluation/scores.json").read_text())
    ((name, card),) = scores["after"]["questions"].items()
    (measure,) = run.questions
    assert measure.name == name
    assert measure.after is not None
    assert (measure.after.count, measure.after.total) == (card["correct"], card["total"])
    assert measure.after.interval == tuple(card["interval95"])
    assert run.data is not None
    assert sum(run.data.by_task.values()) == 5 + 1 + 12
    assert (run.label_tokens, run.wall_s, run.model) == (3613, 92.6, "smollm2-135m")
    assert (run.state.kind, run.faults, run.has_report) == ("evaluated", (), False)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("evaluation/scores.json", "{", "is damaged"),
        ("evaluation/scores.json", "[]", "holds no JSON object"),
        ("evaluation/scores.json", '{"after": {"questions": {"x": {}}}}', "KeyError 'interval95'"),
        ("evaluation/scores.json", '{"after": 3}', "AttributeError"),
        ("adapter/tuning.json", "\x00", "is damaged"),
        ("adapter/tuning.json", '{"label_tokens": "many"}', "is not as chemtune writes it"),
        ("recipe.yaml", "a: [", "ParserError"),
        ("recipe.yaml", "- 1", "TypeError"),
        ("recipe.yaml", None, "is missing"),
        ("recipe.yaml", "model: [" + "[" * 5000, "is not as chemtune writes it"),
        ("dataset/train.parquet", "PAR1", "ArrowInvalid"),
    ],
)
def test_what_is_damaged_is_said_and_the_rest_stays(
    root: Path, file: str, content: str | None, said: str
) -> None:
    path = root / "whole" / file
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    (run,) = FoundRuns(root).find().runs
    (fault,) = run.faults
    assert said in fault
    assert fault.startswith(file if "dataset" not in file else "dataset")
    assert (run.data is None) == ("dataset" in file)
    assert bool(run.questions) == ("scores" not in file)


def test_only_runs_that_changed_are_read_again(
    root: Path, whole_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(whole_run, root / "other")
    read: list[str] = []

    def counted(path: Path, *others: Any) -> Any:
        read.append(path.name)
        return found_run(path, *others)

    monkeypatch.setattr(found_runs, "found_run", counted)
    runs = FoundRuns(root)
    before = runs.find()
    assert sorted(read) == ["other", "whole"]
    assert runs.find() == before
    assert len(read) == 2
    (root / "other/evaluation/scores.json").unlink()
    states = {run.name: run.state.kind for run in runs.find().runs}
    assert read[2:] == ["other"]
    assert states == {"other": "tuned", "whole": "evaluated"}
    shutil.rmtree(root / "other")
    assert names(runs.find()) == ["whole"]
    assert runs.run("other") is None
    assert runs.run("../outside") is None


def test_what_its_grid_says_of_a_failed_cell_is_known(root: Path, whole_run: Any) -> None:
    cell = copied(whole_run, root / "grid/cells/one")
    (cell / "evaluation/scores.json").unlink()
    grid(root / "grid", one=("running", ""))
    runs = FoundRuns(root)
    assert runs.find().runs[-1].state.kind == "tuned"
    grid(root / "grid", one=("failed", "out of memory"))
    state = runs.find().runs[-1].state
    assert (state.kind, state.why) == ("failed", "out of memory")
    (root / "grid/cells.json").write_text("{}")
    found = runs.find()
    assert names(found) == ["whole", "grid/cells/one"]
    assert "cells.json: is damaged" in found.notes[0]


def log(folder: RunFolder, *entries: dict[str, Any], age_s: float = 0.0) -> None:
    folder.checkpoints.mkdir(exist_ok=True)
    folder.tuning_log.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
    then = time.time() - age_s
    os.utime(folder.tuning_log, (then, then))


HEAD = {"steps": 900, "begun": 0, "at": 0.0}
STEPS = [{"step": step, "loss": 2.0, "at": float(step)} for step in range(1, 341)]
SLOW = [{"step": step, "loss": 2.0, "at": 60.0 * step} for step in range(1, 341)]


@pytest.mark.parametrize(
    ("entries", "age_s", "kind", "step"),
    [
        ([HEAD, *STEPS], 0, "tuning", 340),
        ([HEAD, *STEPS], 200, "stopped", 340),
        # A step of a minute may keep quiet for longer.
        ([HEAD, *SLOW], 200, "tuning", 340),
        ([HEAD, *STEPS, {"ended": 340}], 0, "stopped", 340),
        ([HEAD | {"steps": 340}, *STEPS, {"ended": 340}], 0, "tuning", 340),
        ([HEAD, *STEPS, {"failed": "no number"}], 0, "failed", 340),
        ([HEAD], 0, "tuning", 0),
    ],
)
def test_how_far_a_tuning_is(
    root: Path, entries: list[dict[str, Any]], age_s: float, kind: str, step: int
) -> None:
    folder = RunFolder(root / "whole")
    for summary in (folder.adapter / "tuning.json", folder.evaluation / "scores.json"):
        summary.unlink()
    log(folder, *entries, age_s=age_s)
    (run,) = FoundRuns(root).find().runs
    assert (run.state.kind, run.state.step) == (kind, step)
    assert run.state.why == ("no number" if kind == "failed" else "")
    assert run.state.steps == (entries[0]["steps"])


def test_a_tuning_that_is_done_is_no_longer_looked_at(root: Path) -> None:
    folder = RunFolder(root / "whole")
    log(folder, HEAD, *STEPS)
    folder.checkpoints.rmdir()
    (run,) = FoundRuns(root).find().runs
    assert run.state.kind == "evaluated"


def test_a_search_that_is_too_large_ends_and_says_so(
    root: Path, whole_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied(whole_run, root / "other")
    monkeypatch.setattr(found_runs, "MOST_RUNS", 1)
    found = FoundRuns(root).find()
    assert len(found.runs) == 1
    assert "only the first 1 runs" in found.notes[0]
