"""Reads documents from files of any known format, by columns that the recipe may name."""

from __future__ import annotations

import difflib
import glob
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from chemtune.documents.document import SPLITS, Document
from chemtune.documents.readers import csv_, docx_, html_, jats, jsonl, parquet, pdf, text
from chemtune.documents.readers.record import Record, found, shown
from chemtune.errors import InputError, Problem, nearest

READERS: dict[str, Callable[[Path], Iterator[Record]]] = {
    suffix: module.read_records
    for module in (jsonl, csv_, parquet, text, pdf, docx_, html_, jats)
    for suffix in module.SUFFIXES
}
WHOLE_FILES = {suffix for module in (text, pdf, docx_, html_, jats) for suffix in module.SUFFIXES}
DEFAULT_COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("id", "name", "doc_id"),
    "text": ("text", "abstract"),
    "title": ("title",),
    "language": ("language",),
    "source": ("source",),
    "licence": ("licence", "license"),
    "split": ("split",),
}
# What tasks look for in `Document.fields`, under a name of the user's.
FIELDS = ("answer", "context", "explanation", "options")
LANGUAGES = {
    **dict.fromkeys(("en", "eng", "english", "en-us", "en-gb"), "en"),
    **dict.fromkeys(("ko", "kor", "korean", "ko-kr"), "ko"),
}
DEEP = re.compile(r"(?P<head>(?:.*?/)?)\*\*(?:/(?P<tail>.*))?", re.DOTALL)
SPLIT_NAMES = {
    **{split: split for split in SPLITS},
    **dict.fromkeys(("dev", "valid", "val"), "validation"),
}


def read_documents(
    paths: Sequence[Path],
    *,
    columns: Mapping[str, str],
    language: str | None = None,
    source: str | None = None,
    licence: str | None = None,
    prefix: str = "",
    limit: int | None = None,
    on_fault: Callable[[Path, InputError], None] | None = None,
) -> Iterator[Document]:
    """Yield the documents of `paths` in order, reading each file as a stream.

    Args:
        paths: Files of a known suffix (`READERS`).
        columns: For an attribute of Document (a key of `DEFAULT_COLUMNS`), the column to read it
            from; or for one of `FIELDS`, the column that goes by its name in `Document.fields`.
            There go all columns that no attribute is read from.
        language: The language of documents whose record does not say; None detects it.
        source: The source of documents whose record does not say; None takes the file's name.
        licence: The licence of documents whose record does not say; None means "unknown".
        prefix: Stands before the file's name in the names of documents that have none.
        limit: At most so many documents over all the files.
        on_fault: Told of each file that is one document and cannot be read, which is then passed
            over; None raises. A fault in a file of rows always raises, for the user can mend it.

    Raises:
        InputError: `columns` or `language` is not known (at once); a file cannot be read, lacks a
            column, or has a value that is not allowed (while iterating).
    """
    for attribute in columns:
        if attribute not in DEFAULT_COLUMNS and attribute not in FIELDS:
            message = f"no such attribute of a document: {attribute!r}"
            remedy = nearest(attribute, [*DEFAULT_COLUMNS, *FIELDS])
            raise InputError(Problem(message, field="columns", remedy=remedy))
    given = {
        "language": normal_language(language or ""),
        "source": source or "",
        "licence": licence or "unknown",
    }
    documents = (
        _Row(path, record, columns, prefix).document(given)
        for path in paths
        for record in _records(path, on_fault)
    )
    return islice(documents, limit)


def _records(path: Path, on_fault: Callable[[Path, InputError], None] | None) -> Iterator[Record]:
    if on_fault is None or path.suffix.lower() not in WHOLE_FILES:
        yield from read_records(path)
        return
    try:
        yield from read_records(path)
    except InputError as error:
        on_fault(path, error)


def read_records(path: Path) -> Iterator[Record]:
    """Return the records of a file, by the reader for its suffix.

    Raises:
        InputError: The suffix is not known or the path is a folder; else see the reader.
    """
    if path.is_dir():
        raise InputError(Problem("this is a folder, not a file", path))
    return _reader(path)(path)


def find_files(pattern: str, base: Path) -> list[Path]:
    """Return the files that `pattern` names, sorted.

    Args:
        pattern: A file; a folder, for all files of a known suffix in it and its folders; or a
            glob ("**" for any depth), for those of a known suffix among what it matches. Hidden
            files and folders are passed over unless named.
        base: The folder that a relative `pattern` starts from.

    Links to files are followed, and below a folder or "**" those to folders are not: they may lead
    in a circle.

    Raises:
        InputError: Nothing is found, or only files of an unknown suffix; a folder cannot be read.
    """
    start = Path(pattern).expanduser()
    path = base / start
    if _is_file(path):
        _reader(path)
        return [path]
    matches = _matching("**", path) if path.is_dir() else _matching(start.as_posix(), base)
    files = sorted(p for p in matches if _is_file(p))
    known = [p for p in files if p.suffix.lower() in READERS]
    if known:
        return known
    if files and not path.is_dir():
        _reader(files[0])
    message = f"no file found for {pattern!r} in the folder {base}"
    raise InputError(Problem(message, remedy="known suffixes: " + ", ".join(READERS)))


def file_name(path: Path) -> str:
    """Return the name of a file as text; bytes that are no UTF-8 are replaced."""
    return os.fsencode(path.name).decode(errors="replace")


def normal_language(
    value: str, *, file: Path | str | None = None, line: int | None = None, field: str = "language"
) -> str:
    """Return "en", "ko", or "" for "", from a name or code in any case: "Korean", "en-US".

    Raises:
        InputError: It is another language; `file`, `line` and `field` say where it stands.
    """
    code = value.strip().lower().replace("_", "-")
    if code and code not in LANGUAGES:
        message = f"not a language that is known: {shown(value)}"
        raise InputError(Problem(message, file, line, field, "allowed: en, ko"))
    return LANGUAGES[code] if code else ""


def normal_split(
    value: str, *, file: Path | str | None = None, line: int | None = None, field: str = "split"
) -> str:
    """Return "train", "validation", "test", or "" for ""; "dev", "valid" and "val" are validation.

    Raises:
        InputError: It is another name; `file`, `line` and `field` say where it stands.
    """
    name = value.strip().lower()
    if name and name not in SPLIT_NAMES:
        message = f"not a split: {shown(value)}"
        raise InputError(Problem(message, file, line, field, "allowed: " + ", ".join(SPLITS)))
    return SPLIT_NAMES[name] if name else ""


@dataclass(frozen=True)
class _Row:
    """A record with its file and the recipe's columns: what one document is made of."""

    path: Path
    record: Record
    columns: Mapping[str, str]
    prefix: str = ""

    def document(self, given: Mapping[str, str]) -> Document:
        used = {attribute: self._column(attribute) for attribute in DEFAULT_COLUMNS}
        value = {attribute: self._value(attribute, column) for attribute, column in used.items()}
        path, line = self.path, self.record.line
        file = file_name(path)
        language = normal_language(
            value["language"], file=path, line=line, field=used["language"] or ""
        )
        split = normal_split(value["split"], file=path, line=line, field=used["split"] or "")
        return Document(
            name=value["name"] or f"{self.prefix}{file}:{line}",
            text=value["text"],
            title=value["title"],
            language=language or given["language"],
            source=value["source"] or given["source"] or file,
            licence=value["licence"] or given["licence"],
            split=split,
            layout=self.record.layout,
            fields=self._fields(used.values()),
        )

    def _fields(self, used: Collection[str | None]) -> dict[str, Any]:
        """The columns that no attribute is read from; those that the recipe names by that name."""
        renamed = {self.columns[name]: name for name in FIELDS if name in self.columns}
        for name, column in renamed.items():
            if name not in self.record.fields:
                raise InputError(self._missing(column, name))
        cells = self.record.fields.items()
        fields = {name: cell for name, cell in cells if name not in used or name in renamed}
        # A column of that very name gives way to the one that is named for it.
        return {n: c for n, c in fields.items() if n not in renamed} | {
            renamed[n]: fields[n] for n in renamed
        }

    def _column(self, attribute: str) -> str | None:
        """Return the column to read: the recipe's, else the first default one that says anything.

        A column that the recipe names for another attribute is not a default one.
        """
        fields = self.record.fields
        mapped = self.columns.get(attribute)
        if mapped is not None:
            if mapped not in fields:
                raise InputError(self._missing(attribute, mapped))
            return mapped
        taken = self.columns.values()
        there = [c for c in DEFAULT_COLUMNS[attribute] if c in fields and c not in taken]
        if attribute == "text" and not there:
            raise InputError(self._missing(attribute, "text"))
        telling = (column for column in there if fields[column] not in (None, ""))
        return next(telling, there[0] if there else None)

    def _value(self, attribute: str, column: str | None) -> str:
        cell: Any = None if column is None else self.record.fields[column]
        if isinstance(cell, str):
            # NUL ends a string in many a library, and says nothing in a text.
            said: str = cell.replace("\0", " ")
            return said if attribute in ("text", "title") else said.strip()
        if cell is None and attribute != "text":
            return ""
        if attribute == "name" and isinstance(cell, int) and not isinstance(cell, bool):
            return str(cell)
        message = f"expected a string, found {found(cell)}"
        raise InputError(Problem(message, self.path, self.record.line, column))

    def _missing(self, attribute: str, column: str) -> Problem:
        """Say what columns there are and which may be meant, by name or as the longest text."""
        names = list(self.record.fields)
        message = f"no column {column!r}; the columns are: {', '.join(names) or 'none'}"
        remedy: str | None = nearest(column, names)
        if remedy and not remedy.startswith("did you mean"):
            remedy = None  # it would list the columns again
        if attribute == "text" and names:
            guess = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
            longest = max(names, key=lambda name: len(str(self.record.fields[name])))
            column = (guess or [longest])[0]
            remedy = (
                f"in a recipe `columns: {{text: {column}}}`, in a command --column text={column}"
            )
        line = self.record.header_line or self.record.line
        return Problem(message, self.path, line, attribute, remedy)


def _reader(path: Path) -> Callable[[Path], Iterator[Record]]:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        message = f"unknown suffix {path.suffix!r}"
        raise InputError(Problem(message, path, remedy="known: " + ", ".join(READERS)))
    return reader


def _is_file(path: Path) -> bool:
    """Whether it is a file; what may not be looked at is taken for one, whose reader says so."""
    try:
        return path.is_file()
    except PermissionError:
        return True


def _matching(pattern: str, base: Path) -> set[Path]:
    """What a glob names; with "**" `glob` itself would go round links in a circle without end."""
    deep = DEEP.fullmatch(pattern)
    if deep is None:
        # Path.glob takes no absolute pattern.
        return {base / found for found in glob.glob(pattern, root_dir=base)}  # noqa: PTH207
    tops = glob.glob(deep["head"], root_dir=base) if deep["head"] else [""]  # noqa: PTH207
    folders = {folder for top in tops for folder in _folders(base / top)}
    return {match for folder in folders for match in _matching(deep["tail"] or "*", folder)}


def _folders(top: Path) -> Iterator[Path]:
    """A folder and those in it, at any depth, that are not hidden."""

    def closed(error: OSError) -> None:
        message = f"cannot read the folder: {error.strerror}"
        raise InputError(Problem(message, error.filename))

    for folder, inside, _ in os.walk(top, onerror=closed):
        inside[:] = [name for name in inside if not name.startswith(".")]
        yield Path(folder)
