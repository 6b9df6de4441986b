"""Gold and the judge: what a teacher's answers are worth, and what a judge's word is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chemtune.dataset.build import build
from chemtune.dataset.example import read_examples
from chemtune.domains import find_domain
from chemtune.errors import InputError
from chemtune.evaluation.statistics import wilson
from chemtune.tasks.load import load_tasks

Project = Callable[..., Path]
RECORDS = load_tasks(find_domain("chemistry").task_folder)["information_extraction_2"]


def write(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    lines = (json.dumps({"document": d, "task": t, "reply": r}) for d, t, r in rows)
    path.write_text("\n".join(lines), "utf-8")
    return path


def only_names(**more: Any) -> dict[str, Any]:
    return {"documents": [{"path": "papers.jsonl", "tasks": ["names"]}], **more}


def test_by_field_with_what_is_missing(project: Project, tmp_path: Path) -> None:
    gold = write(
        tmp_path / "gold.jsonl",
        [
            ("good", "names", '{"C": "Pt", "S": "ATO"}'),
            ("held", "names", '{"C": "IrO2", "S": "N/A"}'),  # the teacher adds carbon
            ("invented", "names", '{"C": "Ni", "S": "foam"}'),  # says Ru; the checks reject it
            ("cut", "names", '{"C": "Co", "S": "glass"}'),  # unreadable
            ("nobody", "names", '{"C": "Os", "S": "N/A"}'),
        ],
    )
    result = build(project(recipe=only_names()), gold=gold)
    rows = {(row["field"], row["accepted"]): row for row in result["gold"]["fields"]}
    every = rows["C", False]
    # Right: Pt, IrO2. Ru for Ni; nothing for Co.
    assert every["items"] == 4
    assert (every["examples"], every["precision"], every["recall"]) == (4, 2 / 3, 2 / 4)
    assert every["f1"] == pytest.approx(2 * 2 / (2 * 2 + 2 + 1))
    assert every["interval"][0] < every["f1"] < every["interval"][1]
    support = rows["S", False]
    assert (support["precision"], support["recall"]) == (2 / 3, 2 / 3)
    accepted = rows["C", True]
    assert (accepted["examples"], accepted["f1"]) == (2, 1.0)
    (caught,) = result["gold"]["caught"]
    assert (caught["wrong"], caught["wrong_rejected"]) == (2, 1)
    assert caught["wrong_interval"] == wilson(1, 2)
    assert (caught["right"], caught["right_rejected"]) == (1, 0)
    assert result["gold"]["unmet"] == ["nobody, names"]
    card = (Path(result["run"]) / "dataset/README.md").read_text("utf-8")
    assert "| names | C | all | 4 | 4 | 0.67 | 0.50 | 0.57 |" in card
    assert "rejected 1 of 2 answers that differ" in card


def test_faults_of_gold_are_named_together(project: Project, tmp_path: Path) -> None:
    gold = write(
        tmp_path / "gold.jsonl",
        [("good", "nmaes", "{}"), ("good", "names", '{"C": "Pt"'), ("held", "names", "{}")],
    )
    with pytest.raises(InputError) as caught:
        build(project(recipe=only_names()), gold=gold)
    text = str(caught.value)
    assert f"{gold}:1: task: unknown task 'nmaes' (did you mean 'names'" in text
    assert f"{gold}:2: reply: no answer: the JSON object is malformed" in text
    gold.write_text("", "utf-8")
    with pytest.raises(InputError, match="holds no gold answer"):
        build(project(recipe=only_names()), gold=gold)


def compared(**values: Any) -> dict[str, frozenset[str]]:
    answer = RECORDS.read(json.dumps({"AEM_MAT": {"QPPO-40": values}}))
    return dict(RECORDS.compared(answer).items)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("2.4 meq/g", "2.4 mmol g⁻¹", True),
        ("98 mS/cm at 80 °C", "9.8 S/m at 80 °C", True),
        ("98 mS cm−1 at 80 °C", "98 mS/cm at 60 °C", False),
        ("98 mS/cm", "89 mS/cm", False),
        ("98 mS/cm", "98 S/cm", False),
        ("98 mS/cm", "98", False),
    ],
)
def test_values_are_equal_after_conversion(one: str, other: str, equal: bool) -> None:
    field = "IEC" if "g" in one else "IC"
    assert (compared(**{field: one})[field] == compared(**{field: other})[field]) is equal


def judged(
    project: Project, tmp_path: Path, verdicts: Callable[[int], str], **judge: Any
) -> dict[str, Any]:
    """Forty documents; of every four answers one has a wrong support that stands in the text."""
    documents = [
        {"id": f"d{n}", "text": f"Pt on ATO, and mica in run {n}.", "split": "train"}
        for n in range(40)
    ]
    said = {0: '{"C": "Pt", "S": "mica"}'}
    replies = {(f"d{n}", "names"): said.get(n % 4, '{"C": "Pt", "S": "ATO"}') for n in range(40)}
    teacher = {"kind": "recorded", "replies": "verdicts.jsonl"}
    path = project(
        documents=documents,
        replies=replies,
        recipe=only_names(judge={"teacher": teacher, **judge}),
    )
    domain = path.parent / "domain/domain.yaml"
    wording = 'judge: {template: "{prompt} | {answer} | right or wrong?"}\n'
    domain.write_text(domain.read_text("utf-8") + wording, "utf-8")
    write(
        path.parent / "verdicts.jsonl", [(f"d{n}", "names:judge", verdicts(n)) for n in range(40)]
    )
    right = '{"C": "Pt", "S": "ATO"}'
    gold = write(tmp_path / "gold.jsonl", [(f"d{n}", "names", right) for n in range(30)])
    return build(path, gold=gold)


def verdict(right: bool) -> str:
    said = "right" if right else "wrong"
    return json.dumps({"verdict": said, "reason": "mica | is <no> support"})


def test_a_judge_that_agrees_with_gold_rejects(project: Project, tmp_path: Path) -> None:
    result = judged(project, tmp_path, lambda n: verdict(n % 4 != 0))
    assert result["judge"]["trusted"] is True
    assert (result["judge"]["answers"], result["judge"]["agreed"]) == (30, 30)
    assert result["judge"]["kappa"] == 1.0
    # Of the ten without gold too, it rejects those that it calls wrong.
    assert result["rejected"] == {"judge": 10}
    accepted = next(r for r in result["gold"]["fields"] if r["accepted"] and r["field"] == "S")
    assert (accepted["f1"], accepted["examples"]) == (1.0, 22)


@pytest.mark.parametrize(
    ("verdicts", "answers"),
    [
        (lambda n: verdict(n % 3 != 0), 30),  # as often as chance
        (lambda n: verdict(False), 30),  # always the same
        (lambda n: verdict(n % 4 != 0) if n < 10 else "no verdict", 10),  # too few to say
    ],
)
def test_a_judge_that_does_not_only_warns(
    project: Project, tmp_path: Path, verdicts: Callable[[int], str], answers: int
) -> None:
    result = judged(project, tmp_path, verdicts)
    assert (result["judge"]["trusted"], result["judge"]["answers"]) == (False, answers)
    assert result["rejected"] == {}
    folder = Path(result["run"]) / "dataset"
    examples = read_examples(folder / "train.parquet")
    warned = [e for e in examples if any(f.check == "judge" for f in e.findings)]
    assert len(warned) == sum('"wrong"' in verdicts(n) for n in range(40))
    assert all(f.severity == "warning" for e in warned for f in e.findings if f.check == "judge")
    assert "only stands beside the examples as a warning" in (folder / "README.md").read_text()


def test_a_domain_that_asks_no_judge(project: Project) -> None:
    teacher = {"kind": "recorded", "replies": "replies.jsonl"}
    with pytest.raises(InputError, match="does not say how a judge is asked"):
        build(project(recipe=only_names(judge={"teacher": teacher})))
