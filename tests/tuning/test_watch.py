"""Early stopping: which validation is the best; and the time over several processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from chemtune.tuning.watch import Stopwatch, best_of


@pytest.mark.parametrize(
    ("losses", "least_gain", "best", "since"),
    [
        ([3.0], 0.0, 0, 0),
        ([3.0, 2.0, 1.0], 0.0, 2, 0),
        ([3.0, 2.0, 2.5, 2.0], 0.0, 1, 2),
        ([3.0, 2.0, 1.95, 1.9], 0.2, 1, 2),
        ([3.0, 2.0, 1.95, 1.7], 0.2, 3, 0),
        ([3.0, float("nan"), 2.0], 0.0, 2, 0),
    ],
)
def test_the_best_validation(losses: list[float], least_gain: float, best: int, since: int) -> None:
    steps = list(enumerate(losses))
    assert best_of(steps, least_gain) == (steps[best], since)


def test_without_a_validation_there_is_no_best() -> None:
    with pytest.raises(ValueError, match="no validation"):
        best_of([], 0.0)


def test_the_time_of_a_process_before_counts(tmp_path: Path) -> None:
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True)
    state, control = TrainerState(global_step=4), TrainerControl()
    for seconds in (100, 200):
        (tmp_path / "checkpoint-4").mkdir(exist_ok=True)
        (tmp_path / "checkpoint-4" / "seconds.json").write_text(str(seconds))
        stopwatch = Stopwatch(tmp_path / "checkpoint-4")
        stopwatch.on_train_begin(arguments, state, control)
        assert seconds < stopwatch.seconds < seconds + 60
        stopwatch.on_save(arguments, state, control)
        assert seconds < Stopwatch(tmp_path / "checkpoint-4").before < seconds + 60
    assert Stopwatch(None).before == Stopwatch(tmp_path).before == 0
