from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from chemtune.errors import ChemtuneError, InputError
from chemtune.teachers.ask import Asked, ask_all
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.local import LocalTeacher
from chemtune.teachers.teacher import Request

REQUEST = Request("t", "d", ({"role": "user", "content": "Name it."},), {"type": "object"})


@pytest.fixture
def gguf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that begins as GGUF files do, where the package seems to be installed."""
    real = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> Any:
        return object() if name == "xllamacpp" else real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find)
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF and more")
    return path


def test_what_decides_the_reply_decides_the_key(gguf: Path) -> None:
    settings: list[dict[str, Any]] = [{}, {"temperature": 0.5}, {"max_tokens": 9}, {"seed": 1}]
    keys = {key_of(LocalTeacher(gguf, **s).canonical(REQUEST)) for s in settings}
    assert len(keys) == 4
    same = {key_of(LocalTeacher(gguf, **s).canonical(REQUEST)) for s in ({}, {"parallel": 2})}
    assert len(same) == 1
    gguf.write_bytes(b"GGUF and other")
    assert key_of(LocalTeacher(gguf).canonical(REQUEST)) not in keys


def test_the_schema_is_a_part_of_the_request(gguf: Path) -> None:
    body = LocalTeacher(gguf).canonical(REQUEST)["body"]
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}


class Llama(ModuleType):
    """What is used of xllamacpp, with a model that says its name."""

    def __init__(self) -> None:
        super().__init__("xllamacpp")
        self.loaded: list[Any] = []

    def CommonParams(self) -> Any:
        return SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace())

    def Server(self, parameters: Any) -> Any:
        self.loaded.append(parameters)
        (name,) = parameters.model_alias
        said = {"model": name, "choices": [{"message": {"content": "Pt"}}]}
        return SimpleNamespace(handle_chat_completions=lambda body: said)


def test_the_model_is_loaded_once_and_only_where_it_is_asked(
    gguf: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    llama = Llama()
    monkeypatch.setitem(sys.modules, "xllamacpp", llama)
    asked: list[Asked] = []
    requests = [replace(REQUEST, messages=({"role": "user", "content": c},)) for c in "abcdef"]
    for _ in range(2):
        ask_all(LocalTeacher(gguf), requests, journal, on_done=asked.append)
    assert len(llama.loaded) == 1
    # Not the whole path, which would tell others of this machine.
    assert {one.reply.model for one in asked if one.reply} == {"model.gguf"}
    assert [one.from_journal for one in asked] == [False] * 6 + [True] * 6


def test_a_model_that_cannot_be_loaded_is_tried_once(
    gguf: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Any] = []

    def fails(parameters: Any) -> Any:
        tried.append(parameters)
        raise RuntimeError("no memory")

    llama = Llama()
    monkeypatch.setattr(llama, "Server", fails)
    monkeypatch.setitem(sys.modules, "xllamacpp", llama)
    requests = [replace(REQUEST, messages=({"role": "user", "content": c},)) for c in "abcdef"]
    with pytest.raises(ChemtuneError, match=r"model\.gguf: llama\.cpp cannot load .* no memory"):
        ask_all(LocalTeacher(gguf), requests, journal, on_done=lambda asked: None)
    assert len(tried) == 1


def test_a_file_that_is_no_model(gguf: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.gguf: teacher\.path: cannot read the model"):
        LocalTeacher(tmp_path / "none.gguf")
    gguf.write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"not a GGUF file \(name a file of llama\.cpp's format"):
        LocalTeacher(gguf)


def test_without_the_package_the_remedy_is_told(
    gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, package=None: None)
    with pytest.raises(InputError, match=r"needs the package xllamacpp \(pip install 'chemtune\["):
        LocalTeacher(gguf)
