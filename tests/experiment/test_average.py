"""The mean of adapters, against the mean of the weights that they are merged into."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import chemtune
from chemtune.errors import InputError
from chemtune.models.load import load_student
from chemtune.models.resolve import resolve_model
from chemtune.recipe.load import load_recipe
from chemtune.tuning.merge import merge


@pytest.fixture
def runs(make_run, tmp_path: Path) -> list[Path]:
    """Two tunings of one model, of different rank, seed and scaling."""
    made = []
    loras = [{"rank": 4, "alpha": 8}, {"rank": 2, "alpha": 6, "rank_stabilized": True}]
    for seed, lora in enumerate(loras):
        tuning = {"epochs": 1, "learning_rate": 0.02, "precision": "float32", "lora": lora}
        path = make_run(
            run=str(tmp_path / f"run{seed}"),
            tuning=tuning | {"seed": seed},
            evaluation={"max_new_tokens": 4},
        )
        chemtune.run(path)
        made.append(load_recipe(path).run_folder)
    return made


def weights(tiny_model: Path, adapter: Path | None) -> dict[str, torch.Tensor]:
    student = load_student(resolve_model(str(tiny_model)), precision="float32", adapter=adapter)
    model = merge(student).model if adapter else student.model
    return {name: tensor.detach() for name, tensor in model.named_parameters()}


def test_the_mean_of_adapters_is_the_mean_of_the_weights(
    runs: list[Path], tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mean"
    result = chemtune.average(runs, out, weights=[0.5, 0.3])
    assert result["rank"] == 6
    base, *tuned = (weights(tiny_model, a) for a in (None, *(run / "adapter" for run in runs)))
    for name, found in weights(tiny_model, out / "adapter").items():
        expected = base[name] + 0.5 * (tuned[0][name] - base[name])
        expected += 0.3 * (tuned[1][name] - base[name])
        torch.testing.assert_close(found, expected, rtol=0, atol=2e-6)


def test_the_mean_is_a_run_like_any_other(runs: list[Path], tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "mean"
    chemtune.average(runs, out)
    assert json.loads((out / "adapter/averaged.json").read_text())["parts"][1]["weight"] == 0.5
    scores = chemtune.evaluate(out)
    first = json.loads((runs[0] / "evaluation/scores.json").read_text())
    assert scores["before"]["identity"] == first["before"]["identity"]
    assert scores["after"]["identity"] != first["after"]["identity"]
    assert Path(chemtune.report(out)["report"]).is_file()
    compared = chemtune.compare([runs[0], out])
    assert compared["comparisons"]


def test_what_cannot_be_averaged_is_told(runs: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "mean"
    with pytest.raises(InputError, match="3 weights for 2 runs"):
        chemtune.average(runs, out, weights=[1, 1, 1])
    config = runs[1] / "adapter/adapter_config.json"
    changed = json.loads(config.read_text()) | {"base_model_name_or_path": "another"}
    config.write_text(json.dumps(changed))
    with pytest.raises(InputError, match="is of another base model, another"):
        chemtune.average(runs, out)
    config.unlink()
    with pytest.raises(InputError, match=r"holds no adapter: no adapter_config\.json"):
        chemtune.average(runs, out)
    with pytest.raises(InputError, match="holds something already"):
        chemtune.average(runs[:1], runs[0])
