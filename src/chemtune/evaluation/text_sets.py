"""Running text that a model is measured on: what is lost of general language shows here first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chemtune.dataset.rows import rows_written
from chemtune.documents.paragraphs import paragraphs
from chemtune.documents.read import read_documents
from chemtune.errors import InputError, Problem
from chemtune.evaluation.losses import BITS_PER_BYTE, loss_part, text_losses, texts_foreseen
from chemtune.evaluation.metrics.measures import Measured
from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.shares import in_shares
from chemtune.evaluation.statistics import ratio_interval
from chemtune.evaluation.task_scores import PARTS, part_row
from chemtune.models.identity import identity_of
from chemtune.models.load import Student

TEXTS = "texts"
TITLE = f"Running text, {BITS_PER_BYTE}"


@dataclass(frozen=True)
class TextSet:
    """Texts of one kind.

    Attributes:
        name: What it is called in tables.
        texts: Each with its id.
    """

    name: str
    texts: tuple[tuple[str, str], ...]


def read_text_set(
    name: str, paths: Sequence[Path], column: str | None = None, limit: int | None = None
) -> TextSet:
    """Read a set of texts.

    Args:
        name: The set's name.
        paths: Plain text, whose paragraphs (parted by empty lines) are a text each; or files of
            documents, each a text.
        column: Which column of a document's record holds the text.
        limit: At most so many texts, the first ones.

    Raises:
        InputError: A file cannot be read, or no text is found.
    """
    texts = [text for path in paths for text in _texts(path, column)][:limit]
    if not texts:
        raise InputError(Problem("holds no text", paths[0], field="evaluation.texts"))
    return TextSet(name, tuple((f"{name}/{n}", text) for n, text in enumerate(texts, 1)))


def _texts(path: Path, column: str | None) -> Iterator[str]:
    columns = {"text": column} if column else {}
    for document in read_documents([path], columns=columns):
        if path.suffix.lower() == ".txt":
            yield from paragraphs(document.text)
        elif document.text.strip():
            yield document.text


def evaluate_texts(
    student: Student, sets: Sequence[TextSet], folder: Path, of: str
) -> dict[str, Any]:
    """Measure how well a model foresees texts.

    Args:
        student: The model.
        sets: The texts.
        folder: Where the losses of every text are kept.
        of: The model's identity.

    Returns:
        A card like a task's (see `card_of`), without readable replies: a measure for each set, in
        bits per byte; nothing where there are no sets.
    """
    if not sets:
        return {}
    identity = identity_of(of, TEXTS, [one.texts for one in sets])
    file = PredictionFile(folder / f"{TEXTS}-{identity}.jsonl")
    wanted = texts_foreseen(student, [text for one in sets for text in one.texts])
    rows = in_shares(wanted, file, lambda own, part: text_losses(student, own, part))
    by_id = {row["id"]: row for row in rows}
    path = file.path.with_suffix(".parquet")
    measures = {}
    with rows_written(path, PARTS) as written:
        for one in sets:
            parts = [loss_part(by_id.get(name)) for name, _ in one.texts]
            above, below = [p.numerator for p in parts], [p.denominator for p in parts]
            measures[one.name] = {
                "value": sum(above) / sum(below) if sum(below) else None,
                "interval95": ratio_interval(above, below, [name for name, _ in one.texts]),
                "examples": sum(size > 0 for size in below),
                "better": "lower",
                "main": True,
            }
            for (name, _), part in zip(one.texts, parts, strict=True):
                measured = Measured(one.name, part, main=True, better="lower")
                written.write(part_row(name, name, TEXTS, True, measured))
    return {
        "title": TITLE,
        "total": sum(len(one.texts) for one in sets),
        "measures": measures,
        "identity": identity,
        "predictions": str(file.path),
        "parts": str(path),
    }
