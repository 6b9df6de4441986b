"""The hub, played by a server whose clock can be wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import time

import pytest
from huggingface_hub import constants

from chemtune.experiment.doctor.network import look_at_hub


@contextmanager
def hub(ahead_s: float) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(405)
            self.send_header("Date", formatdate(time() + ahead_s, usegmt=True))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def looked(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> list[tuple[str, str]]:
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return [(one.about, one.level) for one in look_at_hub(online=True).seen]


def test_a_hub_that_answers_and_its_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    with hub(ahead_s=0) as endpoint:
        assert looked(monkeypatch, endpoint) == [("hub", "ok")]
    with hub(ahead_s=3600) as endpoint:
        assert looked(monkeypatch, endpoint) == [("hub", "ok"), ("clock", "warning")]


def test_a_hub_that_does_not_answer_and_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://me:secret@127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    (one,) = look_at_hub(online=True).seen
    assert one.level == "warning"
    assert "http://127.0.0.1:9" in one.found
    assert "secret" not in one.found + one.remedy


def test_it_is_not_asked_unless_wished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    (one,) = look_at_hub(online=False).seen
    assert one.level == "note"
