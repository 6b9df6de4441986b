"""The data set's card: what is in it, where it comes from, what was left out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from chemtune.dataset.example import Example
from chemtune.dataset.ledger import Ledger
from chemtune.documents.document import SPLITS
from chemtune.files import write_text

HEAD = """\
---
language: [{languages}]
task_categories: [text-generation]
tags: [chemistry, instruction-tuning, chemtune]
configs:
- config_name: default
  data_files:
  - {{split: train, path: train.parquet}}
  - {{split: validation, path: validation.parquet}}
  - {{split: test, path: test.parquet}}
---

# {name}

Instruction data built by chemtune: {total} examples from {documents} documents. Every answer was
read in its task's format and checked against its document; `findings` holds the character offsets
of what was found there. The splits are by document: none is on two sides.
"""


def write_card(path: Path, name: str, examples: list[Example], ledger: Ledger) -> None:
    """Write the card of a data set as Markdown with the hub's YAML head."""
    parts = [
        HEAD.format(
            name=name,
            languages=", ".join(sorted({example.language for example in examples})),
            total=len(examples),
            documents=len({example.document_id for example in examples}),
        ),
        "## Examples\n\n" + _counts(examples),
        "## Sources and licences\n\n" + _sources(examples),
        "## Left out\n\n" + _left_out(ledger),
    ]
    write_text(path, "\n".join(parts))


def _counts(examples: list[Example]) -> str:
    counts = Counter((example.task, example.split) for example in examples)
    rows = ["| task | " + " | ".join(SPLITS) + " |", "|---|" + "---:|" * len(SPLITS)]
    for task in dict.fromkeys(example.task for example in examples):
        cells = " | ".join(str(counts[task, split]) for split in SPLITS)
        rows.append(f"| {task} | {cells} |")
    return "\n".join(rows) + "\n"


def _sources(examples: list[Example]) -> str:
    counts = Counter((e.source or "not named", e.licence, e.teacher) for e in examples)
    rows = ["| source | licence | answers by | examples |", "|---|---|---|---:|"]
    for (source, licence, teacher), count in counts.most_common():
        cells = (_cell(source), _cell(licence), _cell(teacher), str(count))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _left_out(ledger: Ledger) -> str:
    reasons = ledger.by_reason()
    cut = sum(entry.outcome == "cut" for entry in ledger.entries)
    if not reasons and not cut:
        return "Nothing.\n"
    rows = ["Each with its reason in `rejected.parquet`.", "", "| reason | count |", "|---|---:|"]
    rows += [f"| {reason} | {count} |" for reason, count in reasons.items()]
    if cut:
        rows.append(f"| cut to length, not left out | {cut} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    """Text from a document in a table's cell: on one line, without what would end the cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;") or "-"
