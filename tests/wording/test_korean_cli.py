"""The command line under a Korean locale."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


def chemtune(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chemtune", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"CHEMTUNE_LANGUAGE": "ko"} | variables,
        timeout=120,
        check=False,
    )


def test_every_fault_of_a_recipe(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("nam: x\ndocuments: []\nmodel: 5\ntuning:\n  lora:\n    rank: 0\n")
    done = chemtune("build", recipe, CHEMTUNE_LANGUAGE="", LC_ALL="", LANG="ko_KR.UTF-8")
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert f"chemtune: {recipe}:1: nam: 알 수 없는 필드입니다 (혹시 'name'인가요?)" in lines
    assert f"chemtune: {recipe}:3: model: 5: 문자열이어야 합니다" in lines
    assert f"chemtune: {recipe}:6: tuning.lora.rank: 0: 1 이상이어야 합니다" in lines


def test_results_for_people_are_korean_and_json_is_not(tmp_path: Path) -> None:
    done = chemtune("init", tmp_path / "a")
    assert done.returncode == 0
    assert done.stdout.startswith(f"{tmp_path}/a/recipe.yaml 파일을 만들었습니다.")
    assert "  1. " in done.stdout
    for arguments in (("init", tmp_path / "b", "--json"), ("report", "--published", "--json")):
        korean = chemtune(*arguments)
        assert json.loads(korean.stdout)
        assert not any("가" <= sign <= "힣" for sign in korean.stdout)
    assert (tmp_path / "a/recipe.yaml").read_text() == (tmp_path / "b/recipe.yaml").read_text()


def test_the_cells_of_a_grid(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from chemtune.cli.experiment import show, show_estimate
    from chemtune.cli.shared import give_out

    monkeypatch.setenv("CHEMTUNE_LANGUAGE", "ko")
    cell = {"id": "a--1", "state": "failed", "wall_s": 3900, "seconds": {"tune": 61}}
    cell |= {"memory_bytes": 2**30, "peak_memory_bytes": None, "tokens": 7, "by": "measured"}
    cell["why"] = "no cell is left"
    grid = {"cells": [cell], "done": 0, "failed": 1, "open": 0, "out": "runs/x"}
    grid |= {"wall_s": 3900, "memory_bytes": 2**30}
    give_out(grid, False, show)
    give_out(grid, False, show_estimate)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["셀", "상태", "시간", "메모리", "학습한", "토큰"]
    assert lines[1].split() == ["a--1", "실패", "1시간", "05분", "7"]
    assert lines[2] == "a--1: 실패했습니다. 남은 셀이 없습니다"
    assert lines[5].split() == [
        "a--1",
        "실패",
        "1시간",
        "05분",
        "1분",
        "01초",
        "1.0",
        "GiB",
        "측정",
    ]
    assert lines[-1] == "셀 1개 중 1개 남음: 차례로 1시간 05분, 최대 1.0 GiB"


def test_help(tmp_path: Path) -> None:
    done = chemtune("build", "--help")
    assert done.returncode == 0
    assert re.match("사용법: .*chemtune build", done.stdout)
    assert "이 도움말을 보여 줍니다." in done.stdout
    assert "[필수]" in done.stdout
    assert chemtune("--version").stdout == chemtune("--version", CHEMTUNE_LANGUAGE="en").stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["build"], "인자 'RECIPE'이(가) 없습니다"),
        (["buidl"], "'buidl': 그런 명령이 없습니다. 혹시 'build'인가요?"),
        (["build", "x", "--lmit", "3"], "--lmit: 그런 옵션이 없습니다 (비슷한 옵션: --limit)"),
        (["build", "x", "--limit", "0"], "'--limit'의 값이 잘못되었습니다: "),
        (["build", "x", "y"], "필요 없는 인자입니다: y"),
    ],
)
def test_wrong_arguments(arguments: list[str], line: str) -> None:
    done = chemtune(*arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith(f"chemtune: {line}")
    assert re.fullmatch("chemtune: 도움말: .*chemtune.* --help", done.stderr.splitlines()[1])
    assert chemtune(*arguments, CHEMTUNE_LANGUAGE="en").returncode == 2


def test_korean_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from chemtune.cli import main; sys.argv = ['chemtune', '--help']\n"
        "try: main.main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'pydantic', 'pyarrow', 'aiohttp', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"CHEMTUNE_LANGUAGE": "ko"},
        check=True,
    )
    assert "사용법" in done.stdout
    assert done.stderr.strip() == "[]"
