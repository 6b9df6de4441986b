"""Plain text and Markdown: the whole file is one record."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from chemtune.documents.readers.record import Record, kind, read_lines
from chemtune.errors import InputError, Problem

MARKDOWN = (".md", ".markdown")
SUFFIXES = (".txt", *MARKDOWN)
HEADING = re.compile(r"\s*# +(?P<title>[^\n]*?)(?: +#+)?[ \t]*(?:\n|$)")
FENCE = "---"
DEEPEST = 50


def read_records(path: Path) -> Iterator[Record]:
    """Yield the file as one record whose `text` is its text, with line feeds for line ends.

    In Markdown, YAML front matter between "---" lines at the top becomes fields, and a heading
    "# ..." that comes first becomes `title` and leaves the text, unless the front matter has
    another title.

    Raises:
        InputError: The file cannot be read, is empty or is not UTF-8; its front matter is not
            closed or is not a mapping.
    """
    text = "".join(read_lines(path)).replace("\r\n", "\n").replace("\r", "\n")
    fields: dict[str, Any] = {}
    if path.suffix.lower() in MARKDOWN:
        fields, text = _split_front_matter(text, path)
        heading = HEADING.match(text)
        title = heading["title"].strip() if heading else ""
        if heading and title and fields.get("title", title) == title:
            fields["title"] = title
            text = text[heading.end() :].lstrip("\n")
    yield Record(1, {**fields, "text": text})


def _split_front_matter(text: str, path: Path) -> tuple[dict[str, Any], str]:
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        return {}, text
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        remedy = "end it with a line '---', or put a blank line before a rule"
        raise InputError(Problem("the front matter is not closed", path, 1, remedy=remedy))
    values = _load("\n".join(lines[1:end]), path)
    return values, "\n".join(lines[end + 1 :]).lstrip("\n")


def _load(source: str, path: Path) -> dict[str, Any]:
    try:
        _check_events(yaml.parse(source, yaml.SafeLoader), path)
        values = yaml.safe_load(source)
    # PyYAML lets ValueError through for a date such as 2024-13-01.
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = 2 if mark is None else mark.line + 2
        reason = getattr(error, "problem", None) or str(error)
        raise InputError(Problem(f"the front matter is not YAML: {reason}", path, line)) from error
    if values is None:
        return {}
    remedy = "write `name: value` lines"
    if not isinstance(values, dict):
        message = f"expected the front matter to be a mapping, found {kind(values)}"
        raise InputError(Problem(message, path, 2, remedy=remedy))
    if "text" in values:
        message = "the front matter may not have this field: the text is the rest of the file"
        raise InputError(Problem(message, path, 2, field="text", remedy="give it another name"))
    return {str(name): _plain(value) for name, value in values.items()}


def _check_events(events: Iterable[yaml.Event], path: Path) -> None:
    """Refuse what is small as a text and large, or deep, as a value."""
    depth = 0
    for event in events:
        line = 2 + (event.start_mark.line if event.start_mark else 0)
        # A few lines of aliases of aliases are a text of gigabytes.
        if isinstance(event, yaml.AliasEvent):
            fault, remedy = "the front matter has an alias (*name)", "write the value out"
            raise InputError(Problem(fault, path, line, remedy=remedy))
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            fault = f"the front matter is nested more than {DEEPEST} deep"
            raise InputError(Problem(fault, path, line))


def _plain(value: Any) -> Any:
    """Write dates and the like as strings, so that every field can go into JSON."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, set):
        # In an order of their own, for a set's is another one in each process.
        return sorted(str(_plain(item)) for item in value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    return value
