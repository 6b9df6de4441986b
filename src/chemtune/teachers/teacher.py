"""What a teacher is: something that answers the messages of one document and one task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from chemtune.messages import Message


@dataclass(frozen=True)
class Request:
    """What is asked of a teacher: the messages that a task wrote about a document.

    `schema` is the JSON schema of the reply, for teachers that can hold themselves to one; None
    where the format is no JSON. It is a part of the canonical request only where it is sent.
    """

    task: str
    document: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Reply:
    """A teacher's answer. Token counts and the finish reason are None where none were told."""

    text: str
    model: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    finish_reason: str | None = None


class RequestRefused(Exception):
    """This one request cannot be answered; the run goes on and the ledger says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TryAgain(Exception):
    """This try failed, and a later one may not.

    Attributes:
        reason: What happened.
        where: The server's address, for the message when no try succeeds; "" where there is none.
        wait_s: Seconds that the server asks to wait, or None.
        overloaded: The server has too much to do, for everybody's requests.
        answered: The server is there, so that the request itself may be at fault.
        charged: The server may have done the work, and ask money for it.
    """

    def __init__(
        self,
        reason: str,
        *,
        where: str = "",
        wait_s: float | None = None,
        overloaded: bool = False,
        answered: bool = False,
        charged: bool = False,
    ) -> None:
        self.reason = reason
        self.where = where
        self.wait_s = wait_s
        self.overloaded = overloaded
        self.answered = answered
        self.charged = charged
        super().__init__(reason)


class Respondent(Protocol):
    """Whose replies can be looked up in the journal, and read."""

    @property
    def name(self) -> str:
        """Its name in messages, in the journal and in examples."""
        ...

    def canonical(self, request: Request) -> dict[str, Any]:
        """Return everything that decides the reply, as JSON data and without secrets."""
        ...

    def read(self, raw: bytes) -> Reply:
        """Return what a raw reply says.

        Raises:
            RequestRefused: The raw reply holds no answer.
        """
        ...


class Teacher(Respondent, Protocol):
    """A source of replies. It is entered before the first request and left after the last.

    A teacher may have further attributes: `timeout_s`, after which its requests end by themselves
    (others are given two minutes to finish when a run fails); `retries` and `backoff_s`, how often
    a try that failed is repeated, and seconds before the first repetition, doubled for each further
    one; `limits`, the requests and tokens a minute that it allows; `max_tokens` of a reply.
    """

    concurrency: int

    async def answer(self, request: Request) -> bytes:
        """Try once, and return the raw reply as it came.

        Raises:
            TryAgain: A later try may succeed.
            RequestRefused: This request has no answer.
            ChemtuneError: No request will be answered.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
