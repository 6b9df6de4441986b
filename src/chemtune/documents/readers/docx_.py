"""Word files: paragraphs, headings and tables in their order."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chemtune.documents.readers.passages import Passage, record_of
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError, Problem

SUFFIXES = (".docx",)
# A zip can unpack to a thousand times its size; a document of text does not.
MOST_UNPACKED = 200 * 2**20
MOST_PART = 50 * 2**20


def read_records(path: Path) -> Iterator[Record]:
    """Yield the document as one record: `text`, and `title` from its properties.

    Raises:
        InputError: The file cannot be read, is no Word file, or unpacks to too much.
    """
    import docx

    _check_size(path)
    try:
        document = docx.Document(str(path))
        title = (document.core_properties.title or "").strip()
        yield record_of(_passages(document), {"title": title})
    except InputError:
        raise
    except Exception as error:  # python-docx and lxml raise errors of many kinds
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(Problem(f"not a readable Word file: {reason}", path)) from None


def _passages(document: Any) -> Iterator[Passage]:
    from docx.table import Table

    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                yield Passage(" | ".join(" ".join(cell.text.split()) for cell in row.cells))
        else:
            style = (block.style.name or "") if block.style is not None else ""
            yield Passage(block.text, heading=style.startswith(("Heading", "Title", "제목")))


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = [part.file_size for part in archive.infolist()]
    except OSError as error:
        raise InputError(Problem(f"cannot read the file: {error.strerror}", path)) from None
    except zipfile.BadZipFile:
        remedy = "save it as .docx; an old .doc file is another format"
        raise InputError(Problem("not a Word file", path, remedy=remedy)) from None
    if sum(sizes) > MOST_UNPACKED or max(sizes, default=0) > MOST_PART:
        message = f"unpacks to {sum(sizes) / 2**20:.0f} MiB, which is no document of text"
        raise InputError(Problem(message, path))
