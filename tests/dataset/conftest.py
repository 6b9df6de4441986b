from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

DOMAIN = 'title: Test\nexam: {en: {header: "About {subject}.", answer: "Answer:"}}\n'
NAMES = """\
kind: slots
title: Names
instruction: Name the catalyst (C) and its support (S).
slots: {C: Catalyst, S: Support}
"""
ANSWERS = "kind: answer\ntitle: Answers\ninstruction: Answer.\n"
WORDS = "kind: keywords\ntitle: Words\ninstruction: List keywords.\nat_least: 1\n"
DOCUMENTS = [
    {"id": "good", "title": "T", "text": "Pt on ATO.", "licence": "CC0", "split": "train"},
    {"id": "held", "text": "IrO₂ on carbon.", "split": "test"},
    {"id": "val", "text": "Fe on silica.", "split": "validation"},
    {"id": "invented", "text": "Ni on foam.", "split": "train"},
    {"id": "cut", "text": "Co on glass.", "split": "train"},
    {"id": "silent", "text": "Ag on mica.", "split": "train"},
    {"id": "empty", "text": " \n", "split": "train"},
]
REPLIES = {
    ("good", "names"): '{"C": "Pt", "S": "ATO"}',
    ("held", "names"): "```json\n{'C': 'IrO2', 'S': 'carbon'}\n```",
    ("val", "names"): '{"C": "Fe", "S": "N/A"}',
    ("invented", "names"): '{"C": "Ru", "S": "foam"}',
    ("cut", "names"): '{"C": "Co", "S',
    ("good", "words"): '["Pt", "platinum"]',
}
PAIRS = [
    {"id": "q1", "text": "What is Pt?", "answer": "Platinum", "split": "train"},
    {"id": "q2", "text": "What is Ir?", "answer": "Iridium", "split": "train"},
]
QUESTIONS = [{"question": "what is  PT", "options": ["a", "b"], "answer": "A", "split": "test"}]


def jsonl(path: Path, rows: list[dict[str, object]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Write a project with a domain of three tasks; returns its recipe's path.

    `recipe` replaces top-level fields; `documents`, `replies` and `questions` replace the rows.
    """

    def make(
        *,
        recipe: dict[str, object] | None = None,
        documents: list[dict[str, object]] | None = None,
        replies: dict[tuple[str, str], str] | None = None,
        questions: list[dict[str, object]] | None = None,
    ) -> Path:
        tasks = tmp_path / "domain" / "tasks"
        tasks.mkdir(parents=True, exist_ok=True)
        (tmp_path / "domain/domain.yaml").write_text(DOMAIN, encoding="utf-8")
        for name, text in {"names": NAMES, "answers": ANSWERS, "words": WORDS}.items():
            (tasks / f"{name}.yaml").write_text(text, encoding="utf-8")
        jsonl(tmp_path / "papers.jsonl", DOCUMENTS if documents is None else documents)
        jsonl(tmp_path / "pairs.jsonl", PAIRS)
        jsonl(tmp_path / "exam.jsonl", QUESTIONS if questions is None else questions)
        recorded = REPLIES if replies is None else replies
        rows = [{"document": d, "task": t, "reply": r} for (d, t), r in recorded.items()]
        jsonl(tmp_path / "replies.jsonl", rows)
        fields = {
            "name": "small",
            "domain": "domain",
            "documents": [
                {"path": "papers.jsonl", "tasks": ["names"]},
                {"path": "pairs.jsonl", "tasks": ["answers"]},
            ],
            "teacher": {"kind": "recorded", "replies": "replies.jsonl"},
            "evaluation": {"questions": [{"path": "exam.jsonl"}]},
        }
        path = tmp_path / "recipe.yaml"
        # JSON is YAML, and needs no library to write.
        path.write_text(json.dumps(fields | (recipe or {}), indent=1), encoding="utf-8")
        return path

    return make
