"""Teachers at the chat endpoint of the tests, and journals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_server import ChatServer
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Request

KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def teacher_of(server: ChatServer) -> Callable[..., EndpointTeacher]:
    """Make a teacher at the server, with sleeps of milliseconds."""

    def make(**settings: Any) -> EndpointTeacher:
        given: dict[str, Any] = {"api_key": KEY, "backoff_s": 0.001, "timeout_s": 5.0} | settings
        base_url = given.pop("base_url", server.url)
        return EndpointTeacher(base_url, given.pop("model", "m"), **given)

    return make


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "run" / "journal.sqlite") as opened:
        yield opened


def request_of(text: str) -> Request:
    return Request(task="t", document=f"doc-{text}", messages=({"role": "user", "content": text},))


@pytest.fixture
def requests_of() -> Callable[..., list[Request]]:
    """Make a request of each text."""
    return lambda *texts: [request_of(text) for text in texts]
