"""Nobody: the teacher of a recipe whose documents bring their answers with them."""

from __future__ import annotations

from typing import Any, NoReturn, Self

from chemtune.teachers.teacher import Request, RequestRefused


class AbsentTeacher:
    """Answers nothing; a document without an answer of its own goes to the ledger."""

    name = "none"
    concurrency = 1

    def canonical(self, request: Request) -> dict[str, Any]:
        """Return the request, so that it has a key like any other."""
        return {"kind": "none", "document": request.document, "task": request.task}

    async def answer(self, request: Request) -> bytes:
        """Refuse.

        Raises:
            RequestRefused: Always.
        """
        raise RequestRefused(
            f"document {request.document!r} brings no answer to {request.task!r}, and the recipe "
            "has no teacher to ask (teacher: {kind: none})"
        )

    def read(self, raw: bytes) -> NoReturn:
        """Refuse: nothing was ever answered.

        Raises:
            RequestRefused: Always.
        """
        del raw
        raise RequestRefused("there is no teacher")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None
