from __future__ import annotations

import json
from pathlib import Path

import pytest

from chemtune.dataset.build import build
from chemtune.dataset.example import read_examples
from chemtune.dataset.plan import Plan
from chemtune.domains import find_domain
from chemtune.errors import InputError
from chemtune.recipe.load import load_recipe
from chemtune.tasks.load import load_tasks

DOMAIN = """\
title: Law
exam:
  en: {header: "Questions about {subject}.", answer: "Answer:"}
"""
STATUTES = """\
kind: slots
title: Statute
instruction: |-
  Name the statute (STATUTE) and the remedy (REMEDY).
slots: {STATUTE: Statute, REMEDY: Remedy}
"""
RULING = "Under the Sale of Goods Act 1979 the buyer rejected the goods and got a refund."


@pytest.fixture
def law(tmp_path: Path) -> Path:
    """A project with a domain folder of its own, two rulings and their recorded replies."""
    files = {
        "law/domain.yaml": DOMAIN,
        "law/tasks/statutes.yaml": STATUTES,
        "rulings/a.txt": RULING,
        "rulings/b.txt": "The claim under the Theft Act 1968 failed.",
        "recipe.yaml": """\
domain: law
documents: [{path: rulings, tasks: [statutes], licence: CC0}]
teacher: {kind: recorded, replies: replies.jsonl}
split: {validation: 0, test: 0}
""",
        "replies.jsonl": "\n".join(
            json.dumps({"document": name, "task": "statutes", "reply": reply})
            for name, reply in [
                ("a.txt:1", '{"STATUTE": "Sale of Goods Act 1979", "REMEDY": "refund"}'),
                ("b.txt:1", '{"STATUTE": "Fraud Act 2006", "REMEDY": "N/A"}'),
            ]
        ),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_shipped_domain() -> None:
    domain = find_domain("chemistry")
    assert (domain.name, domain.title) == ("chemistry", "Chemistry")
    assert set(domain.exam) == {"en", "ko"}
    assert "{subject}" in domain.exam["en"].header
    assert domain.exam["ko"].answer == "정답:"
    assert len(load_tasks(domain.task_folder)) == 14
    assert all(path.is_file() for path in domain.texts.values())


def test_an_unknown_domain(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    for name, remedy in [("chemestry", "did you mean 'chemistry'?"), ("law", "known: chemistry")]:
        with pytest.raises(InputError) as caught:
            find_domain(name, tmp_path)
        assert str(caught.value) == (
            f"domain: unknown domain {name!r}: neither a shipped one nor a folder with a "
            f"domain.yaml ({remedy})"
        )


def test_faults_of_a_domain_file(law: Path) -> None:
    (law / "law/domain.yaml").write_text("titel: Law\nexam:\n  en: {header: a}\n", "utf-8")
    with pytest.raises(InputError) as caught:
        find_domain("law", law)
    file = law / "law/domain.yaml"
    assert [str(problem) for problem in caught.value.problems] == [
        f"{file}:1: title: this field is missing",
        f"{file}:1: titel: unknown field (did you mean 'title'?)",
        f"{file}:3: exam.en.answer: this field is missing",
    ]


def test_another_domain_needs_no_python(law: Path) -> None:
    result = build(law / "recipe.yaml")
    assert (result["accepted"], result["rejected"]) == (1, {"grounding": 1})
    (example,) = read_examples(Path(result["run"]) / "dataset/train.parquet")
    assert example.answer == '{"STATUTE": "Sale of Goods Act 1979", "REMEDY": "refund"}'
    assert example.messages == [
        {
            "role": "user",
            "content": f"{RULING}\n\nName the statute (STATUTE) and the remedy (REMEDY).",
        }
    ]
    assert [RULING[f.start : f.end] for f in example.findings] == [
        "Sale of Goods Act 1979",
        "refund",
    ]


def test_a_faulty_task_names_its_file_and_line(law: Path) -> None:
    file = law / "law/tasks/statutes.yaml"
    file.write_text(STATUTES.replace("slots: {", "slotz: {"), "utf-8")
    with pytest.raises(InputError) as caught:
        Plan.of(load_recipe(law))
    assert [str(problem) for problem in caught.value.problems] == [
        f"{file}:1: slots: this field is missing",
        f"{file}:5: slotz: unknown field (did you mean 'slots'?)",
    ]


def test_a_task_that_the_domain_does_not_have(law: Path) -> None:
    recipe = law / "recipe.yaml"
    recipe.write_text(recipe.read_text("utf-8").replace("[statutes]", "[statute]"), "utf-8")
    with pytest.raises(InputError) as caught:
        Plan.of(load_recipe(law))
    assert str(caught.value) == (
        f"{recipe}:2: documents[0].tasks[0]: unknown task 'statute' (did you mean 'statutes'?)"
    )
