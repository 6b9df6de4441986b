from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import chemtune
from chemtune.errors import ChemtuneError, InputError
from chemtune.recipe.load import load_recipe
from chemtune.tuning import fit
from chemtune.tuning.trackers import own_trackers
from chemtune.tuning.trainer import LabelRowTrainer


def events(folder: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    found.Reload()
    return {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def test_tensorboard_holds_what_the_log_holds(
    make_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard")
    settings: dict[str, Any] = {"epochs": 1, "batch_size": 4, "precision": "float32"}
    settings |= {"checkpoint_steps": 2, "validate_steps": 3, "report_to": ["tensorboard"]}
    recipe = make_run(tuning=settings)
    chemtune.build(recipe)
    step = LabelRowTrainer.training_step

    def failing(self: Any, *given: Any, **named: Any) -> Any:
        if self.state.global_step == 3:
            raise ChemtuneError("cut off")
        return step(self, *given, **named)

    monkeypatch.setattr(LabelRowTrainer, "training_step", failing)
    with pytest.raises(ChemtuneError, match="cut off"):
        chemtune.tune(recipe)
    monkeypatch.setattr(LabelRowTrainer, "training_step", step)
    result = chemtune.tune(recipe)
    run = load_recipe(recipe).run_folder
    found = events(run / "tensorboard")
    # Step 3 was run twice, and stands there once.
    assert [at for at, _ in found["train/loss"]] == [1, 2, 3, 4, 5, 6]
    log = [json.loads(line) for line in (run / "adapter" / fit.LOG).read_text().splitlines()]
    for name in ("loss", "learning_rate", "grad_norm"):
        expected = [(entry["step"], pytest.approx(entry[name])) for entry in log if name in entry]
        assert found[f"train/{name}"] == expected
    assert all(value > 0 for _, value in found["train/tokens_per_second"])
    for tag, name in (("eval/loss", "validation_loss"), ("train/probe_loss", "probe_loss")):
        assert found[tag] == [(at, pytest.approx(loss)) for at, loss in result[name]]


def test_a_tuning_that_begins_anew_leaves_no_old_events(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / "events.out.tfevents.old").write_bytes(b"")
    own_trackers(["tensorboard"], tmp_path / "tensorboard", 0)
    assert not (tmp_path / "tensorboard" / "events.out.tfevents.old").exists()
    assert own_trackers(["wandb"], tmp_path / "other", 0) == []
    assert not (tmp_path / "other").exists()


def test_a_tracker_that_is_not_installed_is_told_before_the_first_step(
    make_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = make_run(tuning={"report_to": ["wandb"]})
    chemtune.build(recipe)
    monkeypatch.setattr("chemtune.tuning.preflight.find_spec", lambda _: None)
    with pytest.raises(InputError, match="the package wandb is not installed: pip install wandb"):
        chemtune.tune(recipe)
    assert not (load_recipe(recipe).run_folder / "adapter").exists()
