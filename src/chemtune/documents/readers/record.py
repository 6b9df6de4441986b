"""Record: one row, line or file as it was read; and the decoding that the readers share."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chemtune.errors import InputError, Problem

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Layout:
    """Where the pages and sections of a text begin, as character offsets into it, ascending.

    Attributes:
        pages: The offset of the first character of each page; empty where the format has none.
        sections: (offset, heading) of each section. The heading itself stands in the text, at its
            offset; text before the first section belongs to none.
    """

    pages: tuple[int, ...] = ()
    sections: tuple[tuple[int, str], ...] = ()

    def page(self, offset: int) -> int | None:
        """Return the page, from 1, that the character at `offset` stands on; None without pages."""
        return bisect_right(self.pages, offset) or None

    def section(self, offset: int) -> str:
        """Return the heading of the section that holds the character at `offset`, or ""."""
        number = bisect_right(self.sections, offset, key=lambda section: section[0])
        return self.sections[number - 1][1] if number else ""


@dataclass(frozen=True)
class Record:
    """One record of a file.

    Attributes:
        line: The line of the file that it starts on, from 1.
        fields: Its columns by name.
        header_line: The line that names the columns, where the format has one.
        layout: The pages and sections of `fields["text"]`, where the format has them.
    """

    line: int
    fields: dict[str, Any]
    header_line: int | None = None
    layout: Layout = Layout()


def read_lines(path: Path, encoding: str = "utf-8") -> Iterator[str]:
    r"""Yield the lines of a file one at a time, each with its line end.

    Lines end with "\n" alone, as in the binary file, so that line numbers are those of an editor.
    A byte order mark at the start is dropped.

    Raises:
        InputError: The file cannot be read, is empty, or is in another encoding.
    """
    offset = 0
    empty = True
    try:
        with path.open("rb") as file:
            for line, raw in enumerate(file, 1):
                start = len(BYTE_ORDER_MARK) if line == 1 and raw.startswith(BYTE_ORDER_MARK) else 0
                text = _decode(raw[start:], encoding, path, line, offset + start)
                offset += len(raw)
                if text:
                    empty = False
                    yield text
    except OSError as error:
        raise InputError(Problem(_reason(error), path)) from error
    if empty:
        raise InputError(Problem("the file is empty", path))


def _decode(raw: bytes, encoding: str, path: Path, line: int, offset: int) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        place = offset + error.start
        message = f"not UTF-8: byte 0x{raw[error.start]:02x} at byte offset {place} of the file"
        remedy = "save the file as UTF-8; Korean files are often CP949"
        raise InputError(Problem(message, path, line, remedy=remedy)) from error


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "this is a folder, not a file"
    return f"cannot read the file: {error.strerror or error}"


def kind(value: object) -> str:
    """Say what a value is, in the words of JSON: "a list", "a number", "null"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    names: dict[type, str] = {str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), f"a {type(value).__name__}")


def found(value: object) -> str:
    """Say what a value is and show it: "a list: ['x']"; of null only that."""
    return kind(value) if value is None else f"{kind(value)}: {shown(value)}"


def shown(value: object, width: int = 60) -> str:
    """Return `value` as Python writes it, cut to `width` characters for a message."""
    text = repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"
