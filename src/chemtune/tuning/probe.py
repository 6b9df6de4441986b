"""The forgetting probe: the loss on general text that tuning has nothing to do with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chemtune.documents.paragraphs import paragraphs
from chemtune.errors import InputError, Problem
from chemtune.models.template import Template
from chemtune.tuning.encode import Encoded

TOKENS = 256


def probe_file(setting: bool | str, of_domain: Path | None, base: Path) -> Path | None:
    """Return the text that `tuning.probe` asks for: a file's, the domain's, or none.

    Raises:
        InputError: There is no such file.
    """
    if setting is False or (setting is True and of_domain is None):
        return None
    path = base / str(setting) if isinstance(setting, str) else of_domain
    if path is None or not path.is_file():
        remedy = "a text file relative to the recipe, true for the domain's own, or false"
        raise InputError(Problem("no such file", path, field="tuning.probe", remedy=remedy))
    return path


def probe_examples(text: str, template: Template, most: int = 40) -> list[Encoded]:
    """Return a text as rows of tokens, all of which count but for the first.

    Paragraphs, parted by empty lines, are rows of their own, cut to `TOKENS`; each begins with the
    token that begins a text, where the model has one. At most `most` rows are taken.
    """
    tokenizer: Any = template.tokenizer
    first = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    rows = []
    for number, paragraph in enumerate(paragraphs(text)[:most]):
        ids = tokenizer(paragraph, add_special_tokens=False)["input_ids"]
        row = [*first, *ids][:TOKENS]
        if len(row) > 1:
            rows.append(Encoded(f"probe/{number}", row, 1))
    return rows
