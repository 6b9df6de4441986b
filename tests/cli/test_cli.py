"""The command line as a user meets it: exit codes, messages, and nothing but JSON on stdout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "src/chemtune/domains/chemistry/sample"


def chemtune(*arguments: object, cwd: Path | None = None, **variables: str):
    return subprocess.run(
        [sys.executable, "-m", "chemtune", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | variables,
        timeout=300,
        check=False,
    )


def fails(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert all(line.startswith("chemtune: ") for line in done.stderr.splitlines()), done.stderr
    for word in words:
        assert word in done.stderr


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from chemtune.cli import main; sys.argv = ['chemtune', '--help']\n"
        "try: main.main()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'pydantic', 'pyarrow', 'aiohttp', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "evaluate" in done.stdout
    assert done.stderr.strip() == "[]"


def test_the_doctor_tells_by_its_exit_code_whose_fault_it_is(tmp_path: Path) -> None:
    assert chemtune("init", tmp_path / "new").returncode == 0
    done = chemtune("doctor", tmp_path / "new", LC_ALL="C.UTF-8")
    assert done.returncode == 2, done.stderr
    last = done.stdout.rstrip().splitlines()
    # The fault stands at the end, with what to do.
    assert "documents is empty" in last[-4]
    assert last[-3].strip().startswith("-> put documents there")
    assert last[-1].startswith("1 fault, ")
    (tmp_path / "file").touch()
    done = chemtune("doctor", "--json", CHEMTUNE_CACHE=str(tmp_path / "file/cache"))
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["faults"] == sum(one["level"] == "fault" for one in told["findings"]) == 1
    assert set(told["findings"][0]) == {"group", "level", "about", "found", "remedy"}


def test_init_with_the_papers_recipe(tmp_path: Path) -> None:
    from chemtune.dataset.plan import Plan
    from chemtune.recipe.load import load_recipe

    done = chemtune("init", tmp_path / "paper", "--preset", "paper")
    assert done.returncode == 0, done.stderr
    plan = Plan.of(load_recipe(tmp_path / "paper/recipe.yaml"))
    mixture = plan.recipe.tuning.mixture
    assert mixture
    assert set(plan.domain.mixtures[str(mixture.preset)]) == {
        task for source in plan.recipe.documents for task in source.tasks
    }
    assert {source.hub for source in plan.recipe.documents if source.hub} <= set(
        plan.domain.sources
    )
    fails(chemtune("init", tmp_path / "other", "--preset", "papers"), 2, "did you mean 'paper'")


def test_init_writes_a_recipe_that_loads(tmp_path: Path) -> None:
    from chemtune.recipe.load import load_recipe

    done = chemtune("init", tmp_path / "new", "--json")
    assert done.returncode == 0, done.stderr
    recipe = load_recipe(json.loads(done.stdout)["recipe"])
    assert recipe.teacher.kind == "endpoint"
    fails(chemtune("init", tmp_path / "new"), 2, "recipe.yaml", "there is a recipe already")


def test_init_with_a_grid(tmp_path: Path) -> None:
    from chemtune.experiment.begin import grids
    from chemtune.experiment.grid.planned import sample_recipes
    from chemtune.recipe.grid import load_grid

    assert {"small", "medium", "paper-llama2"} <= set(grids())
    for name in grids():
        done = chemtune("init", tmp_path / "new", "--grid", name, "--json")
        assert done.returncode == 0, done.stderr
        written = json.loads(done.stdout)["grid"]
        assert load_grid(written, sample_recipes()).name == name
    assert (
        f"chemtune experiment {tmp_path}"
        in chemtune("init", tmp_path / "told", "--grid", "small").stdout
    )
    fails(chemtune("init", tmp_path / "new", "--grid", "small"), 2, "there is a grid already")
    fails(chemtune("init", tmp_path / "x", "--grid", "smal"), 2, "did you mean 'small'")
    fails(chemtune("init", tmp_path / "x", "--grid", "small", "--preset", "own"), 2, "leave it out")
    assert not (tmp_path / "x").exists()


def test_build_tune_evaluate_report_by_json(make_run, tmp_path: Path) -> None:
    path = make_run()
    built = chemtune("build", path, "--json")
    assert json.loads(built.stdout)["requests"] == 12, built.stderr
    tuned = chemtune("tune", path, "--json")
    assert json.loads(tuned.stdout)["steps"] == 12, tuned.stderr
    scores = chemtune("evaluate", path, "--json")
    assert set(json.loads(scores.stdout)) == {"before", "after"}, scores.stderr
    report = chemtune("report", tmp_path / "run", "--json")
    assert Path(json.loads(report.stdout)["report"]).is_file(), report.stderr
    again = chemtune("run", path, "--json")
    result = json.loads(again.stdout)
    assert result["build"]["requests"] == 0
    assert result["evaluate"] == json.loads(scores.stdout)
    shown = chemtune("run", path)
    assert "readable" in shown.stdout
    assert "Report:" in shown.stdout


def test_a_dry_run_sends_nothing(make_run) -> None:
    path = make_run(
        teacher={"kind": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "none"}
    )
    done = chemtune("build", path, "--dry-run", "--limit", "2")
    assert done.returncode == 0, done.stderr
    assert "2 requests for 4 documents" in done.stdout
    assert "Answer as a JSON list" in done.stdout


def document_source(path: Path, **more: object) -> dict[str, object]:
    return {"path": str(path), "tasks": ["keyword_extraction"], **more}


@pytest.mark.parametrize(
    ("name", "content", "more", "words"),
    [
        ("none.jsonl", None, {}, ["none.jsonl"]),
        ("empty.jsonl", b"", {}, ["empty.jsonl", "the file is empty"]),
        ("white.txt", b" \n\t\n", {}, ["no document is left", "1 empty document"]),
        ("latin.txt", b"first\ncaf\xe9 au lait", {}, ["latin.txt:2", "UTF-8"]),
        (
            "table.csv",
            b"name,body_text\na,Platinum on carbon.\n",
            {},
            ["table.csv:1", "body_text", "columns: {text: body_text}"],
        ),
        (
            "table.csv",
            b"name,body_text\na,Platinum on carbon.\n",
            {"columns": {"text": "body_txt"}},
            ["table.csv:1", "no column 'body_txt'", "columns: {text: body_text}"],
        ),
        ("bad.jsonl", b'{"text": "a"}\n{"text": \n', {}, ["bad.jsonl:2"]),
        ("paper.docx", b"PK", {}, ["paper.docx", "not a Word file", "save it as .docx"]),
        ("paper.odt", b"PK", {}, ["paper.odt", ".jsonl"]),
    ],
)
def test_bad_documents(
    make_run, tmp_path: Path, name: str, content: bytes | None, more: dict, words: list[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    path = make_run(documents=[document_source(tmp_path / name, **more)])
    fails(chemtune("build", path), 2, *words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"modle": "x"}, ["recipe.yaml:", "modle", "did you mean 'model'"]),
        ({"model": "smolm2-135m"}, ["unknown model", "did you mean 'smollm2-135m'"]),
        ({"domain": "alchemy"}, ["unknown domain 'alchemy'"]),
        ({"tuning": {"precision": "bf16"}}, ["tuning.precision", "'bfloat16'"]),
        ({"evaluation": {"tasks": ["keywords"]}}, ["evaluation.tasks[0]", "keyword_extraction"]),
        (
            {"tuning": {"mixture": {"times": {"keyword": 2}}}},
            ["tuning.mixture.times.keyword", "keyword_extraction"],
        ),
        ({"tuning": {"mixture": {"times": {"keyword_extraction": 0}}}}, ["greater than 0"]),
    ],
)
def test_bad_recipes(make_run, changes: dict, words: list[str]) -> None:
    fails(chemtune("run", make_run(**changes)), 2, *words)


def test_a_missing_recipe(tmp_path: Path) -> None:
    fails(chemtune("run", tmp_path / "recipe.yaml"), 2, "recipe.yaml", "no such file")


def test_a_key_that_is_not_set_and_a_server_that_is_down(make_run) -> None:
    teacher = {"kind": "endpoint", "base_url": "http://127.0.0.1:9/v1", "model": "m", "retries": 0}
    path = make_run(teacher=teacher | {"api_key_env": "CHEMTUNE_TEST_KEY"})
    fails(chemtune("build", path), 2, "CHEMTUNE_TEST_KEY", "export")
    down = chemtune("build", make_run(teacher=teacher))
    assert down.returncode == 1
    assert "http://127.0.0.1:9/v1" in down.stderr
    assert "Traceback" not in down.stderr


def test_evaluate_tells_what_is_missing(tmp_path: Path) -> None:
    fails(chemtune("evaluate"), 2, "--model with --questions")
    fails(
        chemtune("evaluate", "--model", "nosuch", "--questions", SAMPLE / "exam_en.jsonl"),
        2,
        "unknown model 'nosuch'",
    )
    fails(
        chemtune("evaluate", "--model", tmp_path, "--questions", SAMPLE / "exam_en.jsonl"),
        2,
        "holds no model",
    )


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_the_next_run_goes_on(make_run, small_disk: Path) -> None:
    path = make_run(run=str(small_disk / "run"))
    filler = small_disk / "filler"
    filler.write_bytes(bytes(440 * 1024))
    done = chemtune("build", path)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "full" in done.stderr
    assert "Traceback" not in done.stderr
    filler.unlink()
    assert chemtune("build", path).returncode == 0


def test_options_beside_a_recipe_are_refused(make_run) -> None:
    done = chemtune("evaluate", make_run(), "--limit", "5", "--seed", "0")
    assert done.returncode == 2
    assert "--limit, --seed goes with --model, and a recipe is given" in done.stderr


@pytest.mark.parametrize("language", ["en", "ko"])
def test_ctrl_c_says_that_nothing_is_lost(language: str) -> None:
    code = (
        "import sys\n"
        "from chemtune.cli import main, shared\n"
        "def stopped(*_): raise KeyboardInterrupt\n"
        "import chemtune.recipe.load as load\n"
        "load.load_recipe = stopped\n"
        "sys.argv = ['chemtune', 'build', 'recipe.yaml']\n"
        "main.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"CHEMTUNE_LANGUAGE": language},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert {"en": "interrupted; what was finished is kept", "ko": "중단"}[language] in done.stderr
