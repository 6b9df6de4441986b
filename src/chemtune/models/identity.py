"""The identity of weights: a hash over a model's or adapter's files, remembered by their dates."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from chemtune.models.resolve import cache_folder

if TYPE_CHECKING:
    from chemtune.models.load import Student

WEIGHTS = ("*.safetensors", "config.json", "adapter_config.json", "tokenizer.json")

TOKENIZER = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "*.jinja")


def identity_of(*parts: object) -> str:
    """Return 16 hex digits of a SHA-256 over parts that JSON can write."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def weights_identity(folder: Path) -> str:
    """Return the identity of the weights, configuration and tokenizer in `folder`."""
    files = sorted({path for pattern in WEIGHTS for path in folder.glob(pattern)})
    return identity_of([(path.name, _file_hash(path)) for path in files])


def tokenizer_identity(folder: Path) -> str:
    """Return the identity of the tokenizer in `folder`."""
    files = sorted({path for pattern in TOKENIZER for path in folder.glob(pattern)})
    return identity_of([(path.name, _file_hash(path)) for path in files])


def files_identity(paths: Iterable[Path]) -> str:
    """Return the identity of files, by their names and bytes, in this order."""
    return identity_of([(path.name, _file_hash(path)) for path in paths])


def student_identity(student: Student) -> str:
    """Return the identity of a loaded model: weights, adapter, precision and template."""
    adapted = weights_identity(student.adapter) if student.adapter else None
    weights = weights_identity(student.files.folder)
    return identity_of(weights, adapted, student.precision, student.template.text)


def _file_hash(path: Path) -> str:
    """The SHA-256 of a file; kept in the cache, since weights are large and read at every start."""
    state = path.stat()
    key = identity_of(str(path.resolve()), state.st_size, state.st_mtime_ns)
    kept = cache_folder() / "hashes" / key
    if kept.is_file():
        return kept.read_text(encoding="ascii")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kept.parent.mkdir(parents=True, exist_ok=True)
    temporary = kept.with_suffix(f".{os.getpid()}")
    temporary.write_text(digest, encoding="ascii")
    temporary.replace(kept)
    return digest
