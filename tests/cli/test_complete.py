"""Completion as a shell asks for it: bash itself runs the script that chemtune gives out."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from chemtune.models.preset import preset_names

SCRIPT = """
source {script}
COMP_WORDS=({words})
COMP_CWORD={last}
_chemtune_completion chemtune
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def complete(tmp_path: Path):
    """A function that returns what bash offers behind some words, in a folder with two runs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "chemtune"
    command.write_text(f"#!{sys.executable}\nfrom chemtune.cli.main import main\nmain()\n")
    command.chmod(0o755)
    work = tmp_path / "work"
    for run in ("runs/one", "project/runs/two"):
        (work / run).mkdir(parents=True)
        for name in ("recipe.yaml", "versions.json"):
            (work / run / name).touch()
    (work / "project/recipe.yaml").touch()
    (work / "grid.yaml").touch()
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    around = {**os.environ, "PATH": path}
    script = tmp_path / "script.bash"
    given = subprocess.run(
        [command],
        capture_output=True,
        text=True,
        check=True,
        # `--show-completion` asks which shell has started it; here none may have.
        env=around | {"_CHEMTUNE_COMPLETE": "source_bash"},
    )
    script.write_text(given.stdout)

    def offered(*words: str) -> list[str]:
        text = SCRIPT.format(
            script=shlex.quote(str(script)),
            words=" ".join(map(shlex.quote, ("chemtune", *words))),
            last=len(words),
        )
        done = subprocess.run(
            ["bash", "--norc", "-c", text],
            capture_output=True,
            text=True,
            check=True,
            env=around,
            cwd=work,
        )
        assert done.stderr == ""
        return done.stdout.split()

    return offered


def test_bash_completes_commands_runs_recipes_tasks_and_presets(complete) -> None:
    assert complete("doc") == ["doctor"]
    assert complete("chat", "") == ["project/runs/two", "runs/one"]
    assert complete("compare", "runs/one", "pro") == ["project/runs/two"]
    assert complete("build", "p") == ["project", "project/runs/two"]
    assert complete("build", "g") == ["grid.yaml"]
    assert complete("apply", "runs/one", "x", "--task", "keyword") == ["keyword_extraction"]
    smol = [name for name in preset_names() if name.startswith("smol")]
    assert complete("evaluate", "--model", "smol") == smol
    # Where nothing is known, the shell offers files.
    assert complete("evaluate", "--model", "./") == []
    assert complete("chat", "no/such/") == []


def test_completion_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import os, sys; from chemtune.cli import main; sys.argv = ['chemtune']\n"
        "os.environ |= {'_CHEMTUNE_COMPLETE': 'complete_bash', 'COMP_CWORD': '3',\n"
        "               'COMP_WORDS': 'chemtune evaluate --model smol'}\n"
        "try: main.main()\nexcept SystemExit: pass\n"
        # pydantic is not among them: typer itself loads it to read the words before.
        "heavy = {'torch', 'transformers', 'numpy', 'pyarrow', 'aiohttp', 'yaml', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "smollm2-135m" in done.stdout
    assert done.stderr.strip() == "[]"
