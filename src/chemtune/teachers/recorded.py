"""A teacher that answers from recorded replies: for the demo, for tests, for replies at hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from chemtune.errors import InputError, Problem
from chemtune.teachers.teacher import Reply, Request, RequestRefused

_FIELDS = ("document", "task", "reply")


@dataclass(frozen=True)
class Recorded:
    """One recorded reply, and where it stands."""

    document: str
    task: str
    reply: str
    file: Path
    line: int


class RecordedTeacher:
    """Answers with the recorded reply to a document and task.

    Args:
        files: JSON Lines files of objects with the strings `document`, `task` and `reply`.

    Raises:
        InputError: A file cannot be read, a line is no such object, or two lines answer the same
            document and task. Holds every fault of every file.
    """

    name = "recorded"
    # Nothing is waited for; many at once let the journal write many replies in one commit.
    concurrency = 64

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = tuple(files)
        self._replies: dict[tuple[str, str], Recorded] = {}
        problems: list[Problem] = []
        for file in self.files:
            for recorded in read_recorded(file, problems):
                key = (recorded.document, recorded.task)
                first = self._replies.setdefault(key, recorded)
                if first is not recorded:
                    problems.append(_duplicate(recorded, first))
        if problems:
            raise InputError(*problems)

    def canonical(self, request: Request) -> dict[str, Any]:
        """Return the request and the SHA-256 of its reply, so that an edited reply is read anew."""
        recorded = self._replies.get((request.document, request.task))
        return {
            "kind": "recorded",
            "document": request.document,
            "task": request.task,
            "messages": list(request.messages),
            "reply_sha256": recorded and hashlib.sha256(recorded.reply.encode()).hexdigest(),
        }

    async def answer(self, request: Request) -> bytes:
        """Return the recorded reply as `{"reply": text}`.

        Raises:
            RequestRefused: No reply is recorded for the document and task.
        """
        recorded = self._replies.get((request.document, request.task))
        if recorded is None:
            files = ", ".join(map(str, self.files)) or "no file"
            raise RequestRefused(
                f"no recorded reply for document {request.document!r}, task {request.task!r} "
                f"in {files}"
            )
        return orjson.dumps({"reply": recorded.reply})

    def read(self, raw: bytes) -> Reply:
        """Return the reply in `{"reply": text}`.

        Raises:
            RequestRefused: The raw reply is not of that shape, or its text is empty.
        """
        try:
            text = orjson.loads(raw)["reply"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise RequestRefused("the recorded reply cannot be read") from error
        if not isinstance(text, str) or not text.strip():
            raise RequestRefused("the recorded reply is empty")
        return Reply(text=text, model=self.name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


def read_recorded(file: Path, problems: list[Problem]) -> Iterator[Recorded]:
    """Yield the replies in a file; `problems` takes the faults of the lines that are none."""
    try:
        lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        problems.append(Problem(f"cannot read recorded replies: {error.strerror}", file=file))
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            problems.append(Problem(f"no JSON: {error}", file=file, line=number))
            continue
        faults = list(_faults(row))
        problems += [Problem(text, file=file, line=number, field=field) for field, text in faults]
        if not faults:
            yield Recorded(row["document"], row["task"], row["reply"], file, number)


def _faults(row: object) -> Iterator[tuple[str | None, str]]:
    if not isinstance(row, dict):
        yield None, f"a JSON object with {', '.join(_FIELDS)} is needed, not {_shown(row)}"
        return
    for field in _FIELDS:
        if field not in row:
            yield field, f"missing; the line has {', '.join(map(repr, row)) or 'no field'}"
        elif not isinstance(row[field], str):
            yield field, f"a string is needed, not {_shown(row[field])}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _duplicate(second: Recorded, first: Recorded) -> Problem:
    return Problem(
        f"document {second.document!r}, task {second.task!r} has a reply already "
        f"at {first.file}:{first.line}",
        file=second.file,
        line=second.line,
        remedy="keep one of the two",
    )
