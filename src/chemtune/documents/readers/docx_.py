"""Word files: paragraphs, headings and tables in their order."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chemtune.documents.readers.passages import Passage, raised, record_of
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError, Problem

SUFFIXES = (".docx",)
# A zip can unpack to a thousand times its size; a document of text does not.
MOST_UNPACKED = 200 * 2**20
MOST_PART = 50 * 2**20
# Text shrinks to a tenth or so; eight million empty paragraphs, which take minutes, to a 500th.
MOST_TIMES = 100
SMALL_PART = 5 * 2**20


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
                yield Passage(" | ".join(_cells(row)))
        else:
            style = (block.style.name or "") if block.style is not None else ""
            yield Passage(_text(block), heading=style.startswith(("Heading", "Title", "제목")))


def _cells(row: Any) -> Iterator[str]:
    last = None
    for cell in row.cells:
        # A cell that spans columns comes once for each of them.
        if cell._tc is not last:
            yield " ".join(" ".join(_text(paragraph) for paragraph in cell.paragraphs).split())
        last = cell._tc


def _text(paragraph: Any) -> str:
    """The text of a paragraph, raised digits as superscripts; of a link there is only the text."""
    parts = []
    for run in paragraph.iter_inner_content():
        font = getattr(run, "font", None)
        parts.append(raised(run.text) if font is not None and font.superscript else run.text)
    return "".join(parts)


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except OSError as error:
        raise InputError(Problem(f"cannot read the file: {error.strerror}", path)) from None
    except zipfile.BadZipFile:
        remedy = "save it as .docx; an old .doc file is another format"
        raise InputError(Problem("not a Word file", path, remedy=remedy)) from None
    size = sum(part.file_size for part in parts)
    if size > MOST_UNPACKED or any(map(_bomb, parts)):
        message = f"unpacks to {size / 2**20:.0f} MiB, which is no document of text"
        raise InputError(Problem(message, path))


def _bomb(part: zipfile.ZipInfo) -> bool:
    packed_well = part.file_size > MOST_TIMES * part.compress_size
    return part.file_size > MOST_PART or (part.file_size > SMALL_PART and packed_well)
