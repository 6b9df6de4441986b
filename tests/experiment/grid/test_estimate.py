from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chemtune.experiment.grid.measure_answers import Decoding
from chemtune.experiment.grid.runner import experiment


def test_answers_by_their_steps_rows_and_new_tokens() -> None:
    speed = Decoding(token_s=1.0, step_s=10.0, row_s=100.0, said=1.0)
    prompts = [[1, 2, 3], [7], [1, 2, 9, 9]]
    # 3 tokens, 2 that the second does not share with the first, and 1; the longest limit; all rows.
    assert speed.seconds(prompts, [5, 8, 2], [3, 4, 2]) == 6 * 1 + 8 * 10 + 9 * 100


def test_a_paid_teacher_is_not_asked_for_an_estimate(
    make_grid: Callable[..., Path], tmp_path: Path
) -> None:
    nobody = {"kind": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "m"}
    grid = make_grid(set={"teacher": nobody}, axes={"seed": [0, 1]})
    found = experiment(grid, dry_run=True, out=tmp_path / "out")
    assert found["unknown"] == 2
    assert all("its teacher is not asked" in row["why"] for row in found["cells"])


@pytest.mark.parametrize("batches", ["length", "trunks"])
def test_time_goes_with_the_steps(
    make_grid: Callable[..., Path], tmp_path: Path, batches: str
) -> None:
    grid = make_grid(
        set={"tuning.batches": batches, "tuning.probe": False, "tuning.validate_steps": 10**6},
        axes={"tuning.max_steps": [400, 4000, 40000]},
    )
    found = experiment(grid, dry_run=True, out=tmp_path / "out")
    short, middle, long = found["cells"]
    assert (middle["tokens"], long["tokens"]) == pytest.approx(
        (10 * short["tokens"], 100 * short["tokens"]), rel=0.01
    )
    times = [row["seconds"]["tune"] for row in (short, middle, long)]
    # What is not steps is the same in all three; each is told to a tenth of a second.
    assert times[2] - times[1] == pytest.approx(10 * (times[1] - times[0]), rel=0.02, abs=1.2)
    assert times[1] > times[0] > 0
    assert {row["by"] for row in found["cells"]} == {"measured"}
