"""What may be shared of a data set without its texts: who, where, and under which rights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chemtune.dataset.example import read_examples
from chemtune.dataset.licences import asks
from chemtune.dataset.prepared import read_prepared
from chemtune.documents.document import SPLITS
from chemtune.errors import InputError, Problem
from chemtune.files import write_text, written_whole
from chemtune.recipe.find_run import folder_of
from chemtune.recipe.run_folder import RunFolder


def export(run: Path, out: Path) -> dict[str, int]:
    """Write what tells the data set to one who has the documents, and holds no text of them.

    `documents.jsonl` states the rights of each document; `examples.jsonl` names each example by its
    document, task and wording, with the offsets of what is grounded, and hashes of its texts;
    `recipe.yaml` is the run's recipe, with the paths as they stand there.

    Args:
        run: A run's folder, or its recipe.
        out: The folder to write to.

    Returns:
        `documents` and `examples`, the numbers of lines.

    Raises:
        InputError: The run has no data set, or `out` cannot be written to.
    """
    folder = RunFolder(folder_of(run))
    dataset = folder.dataset
    if not folder.prepared.is_file():
        remedy = "run `chemtune build` first"
        raise InputError(Problem("has no data set", folder.path, remedy=remedy))
    try:
        write_text(out / "recipe.yaml", folder.recipe.read_text(encoding="utf-8"))
        return {
            "documents": _write(out / "documents.jsonl", _rights(dataset)),
            "examples": _write(out / "examples.jsonl", _examples(dataset)),
        }
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise InputError(Problem(f"cannot be written to: {error.strerror}", out)) from None


def _rights(dataset: Path) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    for prepared in read_prepared(dataset / "documents.parquet"):
        document = prepared.document
        if document.id not in seen:
            seen.add(document.id)
            yield {
                "id": document.id,
                "parent": document.parent,
                "offset": document.offset,
                "characters": len(document.text),
                "source": document.source,
                "licence": document.licence,
                "asks": list(asks(document.licence)),
                "split": document.split,
            }


def _examples(dataset: Path) -> Iterator[dict[str, Any]]:
    for split in SPLITS:
        for example in read_examples(dataset / f"{split}.parquet"):
            spans = [
                [finding.start, finding.end]
                for finding in example.findings
                if finding.severity == "grounded"
            ]
            yield {
                "document": example.document_id,
                "task": example.task,
                "wording": example.wording,
                "split": split,
                "teacher": example.teacher,
                "model": example.model,
                "reply_key": example.reply_key,
                "prompt_sha256": example.prompt_sha256,
                "answer_sha256": hashlib.sha256(example.answer.encode()).hexdigest(),
                "spans": spans,
            }


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    with written_whole(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
            count += 1
    return count
