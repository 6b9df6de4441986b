"""Any model on sets of questions, by files and by benchmarks of the hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

import chemtune
from chemtune.errors import InputError

if TYPE_CHECKING:
    from hub_server import HubServer

SAMPLE = Path(chemtune.__file__).parent / "domains/chemistry/sample"
HEADER = "question,choice0,choice1,choice2,choice3,answer\n"
ROWS = "What burns in air at once?,neon,hydrogen,helium,argon,1\nWhat is a salt?,NaCl,H2O,O2,N2,0\n"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    found = []
    for name in ("college_chemistry_test", "high_school_chemistry_test"):
        path = tmp_path / f"{name}.csv"
        path.write_text(HEADER + ROWS, encoding="utf-8")
        found.append(path)
    return found


def test_several_files_in_one_go(tiny_model: Path, files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = chemtune.evaluate_questions(model=str(tiny_model), questions=files, out=out)
    assert list(result["questions"]) == ["college_chemistry_test", "high_school_chemistry_test"]
    assert "correct" not in result
    college, school = result["questions"].values()
    assert college["levels"].keys() == {"college"}
    assert school["levels"].keys() == {"high school"}
    table = pq.read_table(college["table"]).to_pylist()
    assert [row["question"] for row in table] == ["What burns in air at once?", "What is a salt?"]
    assert table[0]["options"] == ["neon", "hydrogen", "helium", "argon"]
    assert json.loads((out / "scores.json").read_text("utf-8"))["questions"].keys() == (
        result["questions"].keys()
    )


def test_shots_of_each_file_or_one_for_all(
    tiny_model: Path, files: list[Path], tmp_path: Path
) -> None:
    common = {"model": str(tiny_model), "questions": files, "shots": 1, "out": tmp_path / "out"}
    one = chemtune.evaluate_questions(**common, shots_from=files[0])
    each = chemtune.evaluate_questions(**common, shots_from=[files[0], files[1]])
    assert (
        one["questions"]["college_chemistry_test"]["identity"]
        == (each["questions"]["college_chemistry_test"]["identity"])
    )
    with pytest.raises(InputError, match="3 files of shots for 2 of questions"):
        chemtune.evaluate_questions(**common, shots_from=[files[0]] * 3)


def test_the_score_on_what_was_not_trained_on(
    tiny_model: Path, files: list[Path], tmp_path: Path
) -> None:
    trained = tmp_path / "train.jsonl"
    message = {"role": "user", "content": "Tell me: what burns in air at once? Say it."}
    question = "Which of these gases is the lightest noble gas of all that there are?"
    messages = [message, {"role": "assistant", "content": "hydrogen"}]
    trained.write_text(json.dumps({"messages": messages}) + "\n", encoding="utf-8")
    files[0].write_text(HEADER + f"{question},He,Ne,Ar,Kr,0\n" + ROWS, encoding="utf-8")
    arguments = {"model": str(tiny_model), "questions": files[0], "out": tmp_path / "out"}
    card = chemtune.evaluate_questions(**arguments, training_data=trained)
    assert "clean" not in card  # too short a stem to be told from chance
    trained.write_text(json.dumps({"text": f"1. {question} It is helium."}), encoding="utf-8")
    card = chemtune.evaluate_questions(**arguments, training_data=trained)
    assert (card["clean"]["seen"], card["clean"]["total"]) == (1, 2)


def test_a_benchmark_comes_from_the_hub_with_its_shots(
    hub: HubServer, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    import pyarrow as pa

    def parquet(*answers: int) -> bytes:
        rows = {
            "question": [f"Question {a}?" for a in answers],
            "choices": [["w", "x", "y", "z"]] * len(answers),
            "answer": list(answers),
        }
        file = io.BytesIO()
        pq.write_table(pa.table(rows), file)
        return file.getvalue()

    files = {
        "college_chemistry/test-00000-of-00001.parquet": parquet(0, 1, 2),
        "college_chemistry/dev-00000-of-00001.parquet": parquet(3),
    }
    splits = [{"split": s, "path": f"college_chemistry/{s}-*"} for s in ("test", "dev")]
    configs = [{"config_name": "college_chemistry", "data_files": splits}]
    hub.hold("cais/mmlu", files, {"configs": configs})
    card = chemtune.evaluate_questions(
        model=str(tiny_model),
        benchmarks=["mmlu-college-chemistry"],
        shots=1,
        out=tmp_path / "out",
    )
    assert (card["total"], card["shots"]) == (3, 1)
    assert card["levels"].keys() == {"college"}
    with pytest.raises(InputError, match="mmlu-college-chemistry"):
        chemtune.evaluate_questions(model=str(tiny_model), benchmarks=["mmlu-colege-chemistry"])


def test_two_processes_answer_as_one(tiny_model: Path, tmp_path: Path) -> None:
    arguments = ["evaluate", "--model", str(tiny_model), "--json", "--scoring", "both"]
    arguments += ["--answer-tokens", "5", "--questions", str(SAMPLE / "exam_en.jsonl")]
    arguments += ["--split", "validation"]

    def run(*command: str, out: str) -> dict:
        whole = [sys.executable, *command, "-m", "chemtune", *arguments]
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        ran = subprocess.run(
            [*whole, "--out", str(tmp_path / out)],
            capture_output=True,
            text=True,
            timeout=120,
            env=environment,
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    alone, together = run(out="one"), run(*torchrun, out="two")
    assert together["total"] == 8
    for card, other in ((alone, together), (alone["generated"], together["generated"])):
        assert other["identity"] == card["identity"]
        for name in ("correct", "answers", "statuses", "f1_macro"):
            assert other[name] == card[name]
        tables = [pq.read_table(c["table"]).to_pylist() for c in (card, other)]
        assert [row["chosen"] for row in tables[0]] == [row["chosen"] for row in tables[1]]
    assert not list((tmp_path / "two").rglob("*.part*"))


def test_a_file_in_euc_kr_is_read_and_that_is_said(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "시험.csv"
    text = "question,A,B,C,D,answer\n물의 화학식은?,H2O,CO2,NaCl,HCl,1\n"
    file.write_bytes(text.encode("euc-kr"))
    card = chemtune.evaluate_questions(model=str(tiny_model), questions=file, out=tmp_path / "out")
    assert pq.read_table(card["table"])["question"].to_pylist() == ["물의 화학식은?"]
    assert "시험.csv: is not UTF-8; read as EUC-KR" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("What?,a,b,c,d,7\n", "'7' is none of the 4 options"),
        ("What?,a,,c,d,1\n", "the option is empty"),
        ("", "a header and no rows"),
    ],
)
def test_a_fault_of_the_questions_names_its_place(
    tiny_model: Path, tmp_path: Path, row: str, told: str
) -> None:
    file = tmp_path / "q.csv"
    file.write_text(HEADER + row, encoding="utf-8")
    with pytest.raises(InputError, match=told) as caught:
        chemtune.evaluate_questions(model=str(tiny_model), questions=file)
    assert caught.value.problems[0].file == file
