"""Document: one text of the user's, with where it comes from and under which licence."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from chemtune.documents.language import detect_language
from chemtune.documents.readers.record import Layout

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Document:
    """One text to build instruction data from.

    Attributes:
        name: The user's own identifier (a column of the file, else "file:line"); shown in messages.
        text: The text itself, as it was read.
        title: Its title, or "".
        language: "en" or "ko".
        source: Where it comes from: a file, a journal, a database.
        licence: Its licence, or "unknown".
        split: "train", "validation" or "test" where the file says so, else "".
        fields: Every other column of its record.
        layout: Where its pages and sections begin, as offsets into `text`.
        parent: The id of the document that it is a chunk of, or "".
        offset: Where its text begins in the text of `parent`; 0 where it is no chunk.
        id: 16 hex digits of a SHA-256 over title and text, so that it follows the content and not
            the file: the same text in two files is one document.
    """

    name: str
    text: str
    title: str = ""
    language: str = ""
    source: str = ""
    licence: str = "unknown"
    split: str = ""
    fields: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    layout: Layout = field(default_factory=Layout)
    parent: str = ""
    offset: int = 0
    id: str = field(init=False)

    def __post_init__(self) -> None:
        content = unicodedata.normalize("NFC", f"{self.title}\n{self.text}")
        object.__setattr__(self, "id", hashlib.sha256(content.encode()).hexdigest()[:16])
        if not self.language:
            object.__setattr__(self, "language", detect_language(self.text))

    @property
    def content(self) -> str:
        """Title and text as one string: what a model is shown, and what spans are offsets into."""
        return f"{self.title}\n{self.text}" if self.title else self.text
