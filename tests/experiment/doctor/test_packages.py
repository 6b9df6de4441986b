"""Packages against chemtune's own metadata, with distributions that stand before the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from chemtune.experiment.doctor.packages import look_at_packages


def install(folder: Path, name: str, version: str) -> None:
    place = folder / f"{name}-{version}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_this_environment_is_whole() -> None:
    chart = look_at_packages()
    assert not chart.faults
    assert [one.level for one in chart.seen if one.about == "packages"] == ["ok"]


def test_a_package_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "torch", "1.13.0")
    monkeypatch.syspath_prepend(str(tmp_path))
    (fault,) = [one for one in look_at_packages().seen if one.level == "fault"]
    assert fault.about == "torch"
    assert "1.13.0; >=2.7 is needed" in fault.found
    assert fault.remedy == "pip install 'torch>=2.7'"


def test_a_package_that_is_there_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "torch", "99.0")
    monkeypatch.syspath_prepend(str(tmp_path))
    chart = look_at_packages()
    assert not chart.faults
    (warning,) = [one for one in chart.seen if one.level == "warning"]
    assert warning.about == "torch"
    assert f"99.0 in {tmp_path}" in warning.found
