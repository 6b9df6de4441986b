"""Log-likelihoods beside lm-eval's, in float32; `benchmarks/exam_parity.py` asked it, and compares
all of them with `--check`. Here are a few of each, where the models and questions are at hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from chemtune.documents.question import read_questions
from chemtune.domains import find_domain
from chemtune.evaluation.exam import ask_questions
from chemtune.evaluation.exam_prompt import Asking
from chemtune.evaluation.predictions import PredictionFile
from chemtune.models.load import Student, load_student
from chemtune.models.resolve import cache_folder, resolve_model

FIXTURES = Path(__file__).parent / "lm_eval"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "mmlu"
MODELS = cache_folder() / "models"  # read before the tests are given a cache of their own
SETS = {"high_school_chemistry": 203, "college_chemistry": 100}
ASKED = {0: 8, 5: 4}  # so many questions of each set, by the number of shots


def fixture_of(model: str, shots: int) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{model}_{shots}_shots.json").read_text(encoding="utf-8"))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture(scope="module", params=["smollm2-135m", "gemma3-270m"])
def student(request: pytest.FixtureRequest) -> Student:
    weights = MODELS / request.param / "model.safetensors"
    if not weights.is_file():
        pytest.skip(f"no model in {weights.parent}")
    if sha256(weights) != fixture_of(request.param, 0)["weights_sha256"]:
        pytest.skip(f"{weights} holds other weights than lm-eval was asked with")
    return load_student(resolve_model(str(weights.parent)), precision="float32")


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no questions in {DATA}")
@pytest.mark.parametrize("shots", ASKED)
@pytest.mark.parametrize("name", SETS)
def test_options_are_as_likely_as_lm_eval_says(
    student: Student, name: str, shots: int, tmp_path: Path
) -> None:
    file, solved = DATA / "test" / f"{name}_test.csv", DATA / "dev" / f"{name}_dev.csv"
    expected = fixture_of(student.files.folder.name, shots)["sets"][name]
    assert (sha256(file), sha256(solved)) == (
        expected["questions_sha256"],
        expected["shots_sha256"],
    )
    step = SETS[name] // ASKED[shots]
    questions = read_questions(file)[::step]
    asking = Asking(
        find_domain("chemistry").exam, name.replace("_", " "), tuple(read_questions(solved)[:shots])
    )
    rows = ask_questions(student, questions, asking, PredictionFile(tmp_path / "rows.jsonl"))
    assert len(rows) >= ASKED[shots]
    for row, (_, values, pick) in zip(rows, expected["rows"][::step], strict=True):
        assert row["log_likelihoods"] == pytest.approx(values, abs=1e-3)
        assert row["chosen"] == "ABCD"[pick]


@pytest.mark.parametrize("shots", ASKED)
@pytest.mark.parametrize("model", ["smollm2-135m", "gemma3-270m"])
def test_the_figures_of_lm_eval_are_whole(model: str, shots: int) -> None:
    fixture = fixture_of(model, shots)
    assert fixture["versions"]["lm_eval"] == "0.4.13"
    assert {name: len(one["rows"]) for name, one in fixture["sets"].items()} == SETS
    for one in fixture["sets"].values():
        assert [index for index, _, _ in one["rows"]] == list(range(len(one["rows"])))
        assert all(values[pick] == max(values) for _, values, pick in one["rows"])
        # A probability of a letter, and of all four together at most one.
        assert all(max(values) < 0 for _, values, _ in one["rows"])
