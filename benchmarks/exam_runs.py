"""`chemtune evaluate` and its peer lm-eval on the same questions, each as processes of their own.

lm-eval has an environment of its own, made once:

    python3 -m venv PEER
    PEER/bin/pip install torch==2.13.0 'lm-eval[hf]==0.4.13' --constraint constraints.txt

Its tasks include the `mmlu_…` definitions that it comes with, so that the prompts are its own; only
the data set is another: the same questions as local JSON Lines in place of the hub's.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SETS = ("high_school_chemistry", "college_chemistry")
MMLU = Path(__file__).resolve().parents[2] / "shared" / "data" / "mmlu"
PACKAGES = ("lm_eval", "torch", "transformers", "tokenizers")
ASK_PEER = """
import importlib.metadata, importlib.util, json, sys
print(json.dumps({
    "folder": importlib.util.find_spec("lm_eval").submodule_search_locations[0],
    "versions": {name: importlib.metadata.version(name) for name in sys.argv[1:]},
}))
"""


@dataclass(frozen=True)
class Answer:
    """A question's answer: the log-likelihood of each option in nats, the index of the pick."""

    log_likelihoods: list[float]
    pick: int
    correct: bool


Answers = dict[str, list[Answer]]  # by set, in the order of its file


@dataclass(frozen=True)
class Ran:
    """A process that ended: its wall time, start-up included, its peak memory, its output."""

    seconds: float
    peak_mib: float
    output: str


@dataclass(frozen=True)
class Peer:
    """An installed lm-eval, and a folder with its tasks and caches."""

    python: Path
    folder: Path
    versions: dict[str, str]


def questions_file(data: Path, name: str) -> Path:
    return data / "test" / f"{name}_test.csv"


def shots_file(data: Path, name: str) -> Path:
    return data / "dev" / f"{name}_dev.csv"


def run_timed(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Ran:
    """Run a command to its end.

    Raises:
        RuntimeError: It failed; with the end of what it wrote.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+") as err:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
        # The memory of this process alone: `getrusage` has the largest of all children.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{err.read()[-4000:]}")
        return Ran(seconds, usage.ru_maxrss / 1024, out.read())


def prepare(python: Path, data: Path, folder: Path) -> Peer:
    """Write lm-eval's tasks for the sets of `data` into `folder`.

    Args:
        python: The interpreter of the environment that has lm-eval.
        data: A folder with `test/SET_test.csv` and `dev/SET_dev.csv`.
        folder: Where tasks and caches go.
    """
    told = json.loads(run_timed([str(python), "-c", ASK_PEER, *PACKAGES]).output)
    own = Path(told["folder"]) / "tasks" / "mmlu" / "default"
    tasks = folder / "tasks"
    tasks.mkdir(parents=True)
    for name in SETS:
        files = {"test": questions_file(data, name), "dev": shots_file(data, name)}
        task: dict[str, object] = {
            "include": str(own / f"mmlu_{name}.yaml"),
            "task": f"local_{name}",
            "tag": [],
            "dataset_path": "json",
            "dataset_name": None,
            "dataset_kwargs": {
                "data_files": {
                    split: str(_as_json_lines(path, folder / f"{path.stem}.jsonl"))
                    for split, path in files.items()
                }
            },
        }
        # JSON is YAML, and needs no library to write.
        (tasks / f"{name}.yaml").write_text(json.dumps(task, indent=1), encoding="utf-8")
    return Peer(python, folder, told["versions"])


def run_peer(
    peer: Peer,
    model: Path,
    *,
    shots: int,
    dtype: str,
    batch_size: str,
    limit: int | None = None,
    kept: Path | None = None,
) -> tuple[Ran, Answers]:
    """Run lm-eval over both sets with `--log_samples`.

    Args:
        peer: As `prepare` returns it.
        model: A folder in the format of transformers.
        shots: Solved questions before each one, the first ones of `dev`.
        dtype: "float32" or "bfloat16".
        batch_size: As lm-eval takes it: a number or "auto".
        limit: Only so many questions of each set, the first ones.
        kept: Where lm-eval keeps its answers as they come, so that a run that was stopped goes on.

    Returns:
        What it took, and the answers of both sets.

    Raises:
        RuntimeError: It failed.
    """
    command = [
        str(peer.python), "-m", "lm_eval", "run", "--model", "hf",
        "--model_args", f"pretrained={model},dtype={dtype}",
        "--tasks", ",".join(f"local_{name}" for name in SETS),
        "--include_path", str(peer.folder / "tasks"), "--num_fewshot", str(shots),
        "--batch_size", batch_size, "--device", "cpu", "--log_samples",
    ]  # fmt: skip
    command += ["--limit", str(limit)] if limit else []
    command += ["--use_cache", str(kept)] if kept else []
    offline = {"HF_HOME": str(peer.folder / "cache"), "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryDirectory() as out:
        ran = run_timed([*command, "--output_path", out], os.environ | offline)
        return ran, {name: _samples(Path(out), name) for name in SETS}


def run_chemtune(model: str, *, shots: int, dtype: str, data: Path) -> tuple[Ran, Answers]:
    """Run `chemtune evaluate` over both sets, in one process; see `run_peer`."""
    command = [
        sys.executable, "-m", "chemtune", "evaluate", "--model", model, "--precision", dtype,
        "--shots", str(shots), "--json",
    ]  # fmt: skip
    for name in SETS:
        command += ["--questions", str(questions_file(data, name))]
        command += ["--shots-from", str(shots_file(data, name))]
    # A folder of its own, so that no answer is there from before.
    with tempfile.TemporaryDirectory() as out:
        ran = run_timed([*command, "--out", out])
        cards = json.loads(ran.output)["questions"]
        return ran, {
            name: _predictions(Path(cards[questions_file(data, name).stem]["predictions"]))
            for name in SETS
        }


def _as_json_lines(table: Path, target: Path) -> Path:
    """Write a file of MMLU as the hub has it: `question`, `choices`, and `answer` from 0."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [
        json.dumps(
            {
                "question": row["question"],
                "choices": [row[f"choice{number}"] for number in range(4)],
                "answer": int(row["answer"]),
            },
            ensure_ascii=False,
        )
        for row in rows
    ]
    target.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return target


def _predictions(path: Path) -> list[Answer]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    # A question's id ends in its row, counted from 1.
    rows.sort(key=lambda row: int(row["id"].rpartition(":")[2]))
    return [Answer(r["log_likelihoods"], "ABCD".index(r["chosen"]), r["correct"]) for r in rows]


def _samples(out: Path, name: str) -> list[Answer]:
    (path,) = out.glob(f"*/samples_local_{name}_*.jsonl")
    samples = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    samples.sort(key=lambda sample: sample["doc_id"])
    answers = []
    for sample in samples:
        values = [float(value) for value, _ in sample["filtered_resps"]]
        # lm-eval takes the first of equal ones, as NumPy's argmax does.
        answers.append(Answer(values, values.index(max(values)), sample["acc"] == 1))
    return answers
