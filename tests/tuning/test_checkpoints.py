"""Checkpoints: only those that are whole are taken."""

from __future__ import annotations

import errno
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import torch

from chemtune.errors import ChemtuneError
from chemtune.tuning.checkpoints import (
    NO_ROOM,
    SEAL,
    clear_after,
    full_disk_told,
    last_checkpoint,
    seal,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for step in (2, 4, 10):
        checkpoint = tmp_path / f"checkpoint-{step}"
        checkpoint.mkdir()
        (checkpoint / "optimizer.pt").write_bytes(bytes(range(step)) * 100)
        (checkpoint / "trainer_state.json").write_text("{}")
        seal(checkpoint)
    return tmp_path


def test_the_newest_is_taken(folder: Path) -> None:
    assert last_checkpoint(folder) == folder / "checkpoint-10"
    assert last_checkpoint(folder / "none") is None


def test_one_that_was_cut_off_is_passed_over(folder: Path) -> None:
    (folder / "checkpoint-10" / SEAL).unlink()
    assert last_checkpoint(folder) == folder / "checkpoint-4"


@pytest.mark.parametrize("damage", ["changed", "shorter", "gone", "seal"])
def test_a_damaged_one_is_named_and_passed_over(
    folder: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "checkpoint-10" / (SEAL if damage == "seal" else "optimizer.pt")
    if damage == "gone":
        file.unlink()
    else:
        data = file.read_bytes()
        file.write_bytes(data[:-5] if damage != "changed" else b"x" + data[1:])
    assert last_checkpoint(folder) == folder / "checkpoint-4"
    said = capsys.readouterr().err
    assert "checkpoint-10 is damaged" in said
    assert file.name in said


def test_what_is_newer_than_the_one_taken_goes(folder: Path) -> None:
    clear_after(folder, folder / "checkpoint-4")
    assert sorted(p.name for p in folder.iterdir()) == ["checkpoint-2", "checkpoint-4"]
    clear_after(folder, None)
    assert list(folder.iterdir()) == []


class FullFile:
    """A file on a disk without room."""

    def write(self, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_and_other_failures_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")

    def save() -> None:
        with full_disk_told(tmp_path):
            torch.save({"a": torch.zeros(9)}, FullFile())

    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, 0))
    with pytest.raises(ChemtuneError, match=r"the disk is full.*the one before it is kept"):
        save()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1, 1, NO_ROOM + 1))
    with pytest.raises((OSError, RuntimeError)) as told:
        save()
    assert not isinstance(told.value, ChemtuneError)
