from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from chemtune.errors import InputError
from chemtune.teachers.journal import key_of
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
