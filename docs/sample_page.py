"""Write docs/sample.md: five records of each kind of the embedded sample.

Run `python docs/sample_page.py`; which five follows from a hash of their names, so that nobody
chose them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from chemtune.domains import find_domain

HEAD = """# Five records of each kind of the embedded sample

Drawn by a hash of their names by `python docs/sample_page.py`, which writes this page. The sample's
card is `src/chemtune/domains/chemistry/sample/README.md`.
"""
SAMPLE = find_domain("chemistry").folder / "sample"
DOCUMENTS = {
    "pem_catalysts": "Documents on PEM catalysts and supports",
    "aem_membranes": "Documents on anion exchange membranes",
    "general": "Documents from other fields",
}
QUESTIONS = {
    "exam_ko": "Korean multiple-choice questions",
    "exam_en": "English multiple-choice questions",
}
PAIRS = {"questions_short": "Short answers", "questions_long": "Long answers"}
LABELS = {"exam_ko": "①②③④⑤", "exam_en": "ABCD"}


def rows(name: str) -> list[dict[str, Any]]:
    """Return the records of a file of the sample."""
    return [json.loads(line) for line in (SAMPLE / f"{name}.jsonl").read_text("utf-8").splitlines()]


def drawn(records: list[dict[str, Any]], count: int = 5) -> list[dict[str, Any]]:
    """Return `count` records, chosen by a hash of their names."""
    return sorted(records, key=lambda row: hashlib.sha256(row["id"].encode()).hexdigest())[:count]


def page() -> str:
    """Return the page's text."""
    parts = [HEAD]
    for name, title in DOCUMENTS.items():
        parts.append(f"## {title}\n")
        replies = rows(f"replies/{name}")
        for row in drawn(rows(f"documents/{name}")):
            parts.append(f"### {row['id']}: {row['title']}\n\n{row['topic']}; {row['split']}\n")
            parts.append(f"{row['text']}\n")
            for reply in replies:
                if reply["document"] == row["id"]:
                    parts.append(f"`{reply['task']}`\n\n```\n{reply['reply']}\n```\n")
    for name, title in QUESTIONS.items():
        parts.append(f"## {title}\n")
        for row in drawn(rows(name)):
            parts.append(f"### {row['id']}\n\n{row['subject']}; {row['level']}; {row['split']}\n")
            options = zip(LABELS[name], row["options"], strict=True)
            listed = "\n".join(f"- {label} {option}" for label, option in options)
            parts.append(
                f"{row['question']}\n\n{listed}\n\n{row['answer']}: {row['explanation']}\n"
            )
    for name, title in PAIRS.items():
        parts.append(f"## {title}\n")
        parts += [
            f"### {row['id']}\n\n{row['split']}\n\n{row['question']}\n\n{row['answer']}\n"
            for row in drawn(rows(name))
        ]
    return "\n".join(parts)


if __name__ == "__main__":
    Path(__file__).with_name("sample.md").write_text(page(), encoding="utf-8")
