from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chemtune.dataset.agreement import Agreement, mean_f1, overlaps
from chemtune.dataset.build import build
from chemtune.dataset.example import read_examples
from chemtune.domains import find_domain
from chemtune.evaluation.metrics.f1 import Overlap
from chemtune.tasks.load import load_tasks

Project = Callable[..., Path]
TASKS = load_tasks(find_domain("chemistry").task_folder)


def test_items_overlap_by_field_and_texts_are_equal_or_not() -> None:
    task = TASKS["summarization_extraction"]
    one = {"summary": "Pt on  carbon.", "names": ["Pt", "carbon", "water"]}
    other = {"summary": "pt on carbon.", "names": ["PT", "carbon", "acid", "salt"]}
    found = overlaps(task, one, other)
    assert found == {"names": Overlap(2, 2, 1), "summary": Overlap(1, 0, 0)}
    assert mean_f1(found) == pytest.approx((4 / 7 + 1) / 2)


def test_agreement_is_that_of_all_items_together() -> None:
    agreement = Agreement()
    for _ in range(10):
        agreement.add("t", {"names": Overlap(1, 1, 0)})
        agreement.add("t", {"names": Overlap(3, 0, 1)})
    (field,) = agreement.fields()
    # By hand: 2 * 40 / (2 * 40 + 10 + 10).
    assert (field.task, field.field, field.examples) == ("t", "names", 20)
    assert field.f1 == pytest.approx(0.8)
    assert field.interval[0] < 0.8 < field.interval[1]


def test_two_teachers_on_the_same_documents(project: Project) -> None:
    second = {"teacher": {"kind": "recorded", "replies": "others.jsonl"}, "at_least": 0.5}
    only = [{"path": "papers.jsonl", "tasks": ["names"]}]
    path = project(recipe={"documents": only, "second": second})
    replies = {
        "good": '{"C": "Pt", "S": "ATO"}',
        "held": '{"C": "IrO2", "S": "N/A"}',
        "val": '{"C": "silica", "S": "Fe"}',
    }
    rows = [{"document": d, "task": "names", "reply": r} for d, r in replies.items()]
    (path.parent / "others.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    result = build(path)
    rows = {row["field"]: row for row in result["agreement"]}
    # Pt and IrO2 agree, Fe and silica differ; ATO agrees, carbon and Fe are one's alone.
    assert {field: row["examples"] for field, row in rows.items()} == {"C": 3, "S": 3}
    assert rows["C"]["f1"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert rows["S"]["f1"] == pytest.approx(2 * 1 / (2 * 1 + 1 + 1))
    folder = Path(result["run"]) / "dataset"
    kept = {
        e.document: e.agreement
        for split in ("train", "validation", "test")
        for e in read_examples(folder / f"{split}.parquet")
    }
    assert kept == {"good": 1.0, "held": 0.5}
    assert result["rejected"]["agreement"] == 1
    assert "| names | C | 3 | 0.67 |" in (folder / "README.md").read_text("utf-8")
    again = build(path, offline=True)
    assert again["agreement"] == result["agreement"]
