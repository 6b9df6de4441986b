"""Tokens of a data set, kept beside it, so that tuning again does not tokenize again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from chemtune.dataset.example import Example
from chemtune.files import written_whole
from chemtune.models.identity import identity_of, tokenizer_identity
from chemtune.models.template import Template
from chemtune.tuning.encode import Encoded, encode

KEY = b"chemtune.tokens"


def encode_cached(
    examples: Sequence[Example], template: Template, *, model: Path, path: Path
) -> list[Encoded]:
    """Return the examples as tokens; out of `path` where it holds those of the same key.

    The key covers the texts, the tokenizer's files in `model`, and the template with the token that
    ends an answer, which is where the learned part begins and ends.
    """
    key = identity_of(
        tokenizer_identity(model),
        template.text,
        template.end_id,
        [(example.id, example.messages, example.answer) for example in examples],
    )
    kept = _read(path, key)
    if kept is not None:
        return kept
    encoded = encode(examples, template)
    _write(path, key, encoded)
    return encoded


def _read(path: Path, key: str) -> list[Encoded] | None:
    if not path.is_file():
        return None
    try:
        file = pq.ParquetFile(path)
        metadata = file.schema_arrow.metadata or {}
        if metadata.get(KEY) != key.encode():
            return None
        columns = file.read().to_pydict()
    except (pa.ArrowException, OSError):
        return None  # a damaged cache is no cache
    rows = zip(columns["example"], columns["ids"], columns["answer_start"], strict=True)
    return [Encoded(example, ids, start) for example, ids, start in rows]


def _write(path: Path, key: str, encoded: Sequence[Encoded]) -> None:
    schema = pa.schema(
        {"example": pa.string(), "ids": pa.list_(pa.int32()), "answer_start": pa.int32()},
        metadata={KEY: key.encode()},
    )
    table = pa.table(
        {
            "example": [one.example for one in encoded],
            "ids": [one.ids for one in encoded],
            "answer_start": [one.answer_start for one in encoded],
        },
        schema=schema,
    )
    with written_whole(path) as temporary:
        pq.write_table(table, temporary)
