from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import chemtune
from chemtune.dataset.example import read_examples
from chemtune.errors import InputError
from chemtune.evaluation.task_scores import card_of, score_replies
from chemtune.recipe.load import load_recipe
from chemtune.tasks.load import load_tasks

SAMPLE = Path(__file__).resolve().parents[2] / "src/chemtune/domains/chemistry/sample"


@pytest.fixture
def tuned(make_run) -> Path:
    path = make_run(
        evaluation={
            "max_new_tokens": 12,
            "documents": 2,
            "questions": [
                {"name": "English", "path": str(SAMPLE / "exam_en.jsonl"), "split": "validation"}
            ],
        }
    )
    chemtune.build(path)
    chemtune.tune(path)
    return path


def test_before_and_after_on_the_same_questions_and_documents(tuned: Path) -> None:
    scores = chemtune.evaluate(tuned)
    before, after = scores["before"], scores["after"]
    assert before["identity"] != after["identity"]
    assert before["questions"]["English"]["total"] == after["questions"]["English"]["total"] == 8
    for name, card in before["tasks"].items():
        assert card["total"] == after["tasks"][name]["total"] == 2
        assert Path(card["parts"]).with_suffix(".jsonl") == Path(card["predictions"])
        assert pq.read_table(card["parts"])["example"].to_pylist()
    ids = [
        [json.loads(line)["id"] for line in Path(s["predictions"]).read_text().splitlines()]
        for s in (before["questions"]["English"], after["questions"]["English"])
    ]
    assert sorted(ids[0]) == sorted(ids[1])


def test_again_computes_nothing(tuned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = chemtune.evaluate(tuned)

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("transformers.LlamaForCausalLM.forward", forbidden)
    assert chemtune.evaluate(tuned) == first


def test_another_adapter_has_other_predictions(tuned: Path) -> None:
    first = chemtune.evaluate(tuned, only="after")
    recipe = load_recipe(tuned)
    changed = recipe.model_copy(update={"tuning": recipe.tuning.model_copy(update={"epochs": 3.0})})
    changed._file = recipe._file
    chemtune.tune(changed)
    second = chemtune.evaluate(changed, only="after")
    assert first["after"]["identity"] != second["after"]["identity"]
    predictions = [s["after"]["questions"]["English"]["predictions"] for s in (first, second)]
    assert predictions[0] != predictions[1]


def test_settings_can_be_chosen_by_the_validation_documents(make_run) -> None:
    path = make_run(evaluation={"max_new_tokens": 4, "split": "validation", "questions": []})
    chemtune.build(path)
    run = load_recipe(path).run_folder
    asked = read_examples(run / "dataset/validation.parquet")
    scores = chemtune.evaluate(path, only="before")
    assert sum(card["total"] for card in scores["before"]["tasks"].values()) == len(asked) == 3
    (file,) = (run / "evaluation").rglob("tasks-*.jsonl")
    ids = {json.loads(line)["id"] for line in file.read_text("utf-8").splitlines()}
    assert ids == {example.id for example in asked}


def test_reference_answers_score_one_and_garbage_is_counted(tuned: Path) -> None:
    run = load_recipe(tuned).run_folder
    tasks = load_tasks(SAMPLE.parent / "tasks")
    examples = [
        e for e in read_examples(run / "dataset/test.parquet") if e.task == "keyword_extraction"
    ]
    task = tasks["keyword_extraction"]
    perfect = card_of(task.title, score_replies(task, examples, [e.answer for e in examples]))
    assert perfect["readable"] == perfect["total"] == 3
    assert perfect["measures"]["F1@M"]["value"] == 1.0
    half = card_of(task.title, score_replies(task, examples, [examples[0].answer, "no list", ""]))
    measured = half["measures"]["F1@M"]
    assert half["readable"] == 1
    assert measured["value"] == pytest.approx(1 / 3)
    assert measured["interval95"][0] <= measured["value"] <= measured["interval95"][1]
    assert sum(half["reasons"].values()) == 2


def test_one_file_gives_the_fields_of_a_scorecard(tiny_model: Path, tmp_path: Path) -> None:
    file = tmp_path / "college_chemistry_test.csv"
    file.write_text(
        "question,choice0,choice1,choice2,choice3,answer\n"
        "What burns?,neon,hydrogen,helium,argon,1\n"
        "What is a salt?,NaCl,H2O,O2,N2,0\n"
        "What is an acid?,NaOH,HCl,KOH,CaO,1\n",
        encoding="utf-8",
    )
    card = chemtune.evaluate_questions(
        model=str(tiny_model), questions=file, permute=True, out=tmp_path / "out"
    )
    expected = {"correct", "total", "unreadable", "f1_micro", "f1_macro", "interval95"}
    expected |= {"answers", "best_constant", "permuted", "predictions"}
    assert expected <= card.keys()
    assert (card["total"], card["best_constant"]) == (3, 2)
    rows = [json.loads(line) for line in Path(card["predictions"]).read_text().splitlines()]
    assert sum(row["correct"] for row in rows) == card["correct"]
    assert {len(row["probabilities"]) for row in rows} == {4}


def test_shots_change_the_identity_and_need_enough_questions(
    tiny_model: Path, tmp_path: Path
) -> None:
    file = SAMPLE / "exam_en.jsonl"
    common = {"model": str(tiny_model), "questions": file, "split": "validation"}
    none = chemtune.evaluate_questions(**common, out=tmp_path / "a")
    two = chemtune.evaluate_questions(**common, shots=2, shots_from=file, out=tmp_path / "b")
    assert none["identity"] != two["identity"]
    with pytest.raises(InputError, match="fewer than the 99 shots"):
        chemtune.evaluate_questions(**common, shots=99, shots_from=file, out=tmp_path / "c")
    with pytest.raises(InputError, match="shots need a file"):
        chemtune.evaluate_questions(**common, shots=1, out=tmp_path / "d")


def test_a_sample_is_drawn_by_seed_and_is_not_the_head(tiny_model: Path, tmp_path: Path) -> None:
    def ids(seed: int) -> list[str]:
        card = chemtune.evaluate_questions(
            model=str(tiny_model),
            questions=SAMPLE / "exam_en.jsonl",
            limit=5,
            seed=seed,
            out=tmp_path / str(seed),
        )
        return sorted(
            json.loads(line)["id"] for line in Path(card["predictions"]).read_text().splitlines()
        )

    assert ids(0) != ids(1)
    assert ids(0) != [f"en-high-0{i}" for i in range(1, 6)]


def test_without_an_adapter_it_says_what_to_run(make_run) -> None:
    path = make_run()
    chemtune.build(path)
    with pytest.raises(InputError, match="chemtune tune"):
        chemtune.evaluate(path)
