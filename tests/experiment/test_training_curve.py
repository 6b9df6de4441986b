"""The loss curve as it is read while its log grows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chemtune.experiment.training_curve import CurveReader, read_curve
from chemtune.files import write_text
from chemtune.recipe.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def line(**entry: Any) -> str:
    return json.dumps(entry) + "\n"


def append(folder: RunFolder, text: str) -> None:
    with folder.tuning_log.open("a", encoding="utf-8") as file:
        file.write(text)


def test_only_what_is_new_is_read_and_a_half_line_waits(folder: RunFolder) -> None:
    reader = CurveReader(folder)
    assert reader.read() is False
    assert reader.curve.training == []
    append(folder, line(steps=9, begun=0) + line(step=0, eval_loss=3.5) + line(step=1, loss=3.0))
    assert reader.read() is False
    assert reader.curve.training == [(1, 3.0)]
    append(folder, '{"step": 2, "lo')
    reader.read()
    assert reader.curve.training == [(1, 3.0)]
    append(folder, 'ss": 2.5}\n')
    assert reader.read() is False
    assert reader.curve.training == [(1, 3.0), (2, 2.5)]
    assert reader.curve.validation == [(0, 3.5)]
    assert (reader.curve.step, reader.curve.steps) == (2, 9)


def test_a_log_that_was_written_anew_begins_the_curve_anew(folder: RunFolder) -> None:
    append(folder, "".join(line(step=step, loss=float(step)) for step in (1, 2, 3)))
    reader = CurveReader(folder)
    reader.read()
    # As long as before, so that its size tells nothing.
    write_text(folder.tuning_log, "".join(line(step=s, loss=float(s + 4)) for s in (1, 2, 3)))
    assert reader.read() is True
    assert reader.curve.training == [(1, 5.0), (2, 6.0), (3, 7.0)]
    folder.tuning_log.unlink()
    assert reader.read() is True
    assert reader.curve.training == []


def test_what_is_no_finite_number_or_no_object_is_left_out(folder: RunFolder) -> None:
    append(folder, line(step=1, loss=float("nan")) + "[1]\nnonsense\n" + line(step="2", loss=1.0))
    append(folder, line(step=3, loss="1.0") + line(step=4, eval_loss=float("inf")))
    append(folder, line(step=5, loss=0.5, tokens_per_second=200.0))
    curve = read_curve(folder)
    assert curve.training == [(5, 0.5)]
    assert curve.validation == []
    assert curve.tokens_per_second == 200.0


def test_the_time_left_goes_by_the_last_steps(folder: RunFolder) -> None:
    # 50 slow steps of 10 s, then quick ones of 2 s.
    times = [10.0 * step for step in range(1, 51)] + [500.0 + 2 * step for step in range(1, 31)]
    append(folder, line(steps=100, begun=0))
    append(folder, "".join(line(step=n, loss=1.0, at=at) for n, at in enumerate(times, 1)))
    curve = read_curve(folder)
    assert curve.seconds_per_step == pytest.approx(2.0)
    assert curve.seconds_left == pytest.approx(20 * 2.0)


def test_before_there_was_a_growing_log_there_is_the_adapters(folder: RunFolder) -> None:
    folder.adapter.mkdir()
    (folder.adapter / "log.jsonl").write_text(line(step=1, loss=2.0) + line(step=1, eval_loss=1.5))
    curve = read_curve(folder)
    assert (curve.training, curve.validation) == ([(1, 2.0)], [(1, 1.5)])
    assert curve.seconds_left is None
