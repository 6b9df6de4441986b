from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from chemtune.errors import ChemtuneError, InputError
from chemtune.teachers.endpoint import EndpointTeacher, api_key_from_env
from chemtune.teachers.journal import key_of
from chemtune.teachers.teacher import Request, RequestRefused
from chemtune.teachers.wire import environment_proxy, retry_after_s

if TYPE_CHECKING:
    from conftest import ChatServer

    TeacherOf = Callable[..., EndpointTeacher]

KEY = "sk-test-0123456789abcdef"
HELLO = Request("t", "d", ({"role": "user", "content": "안녕"},))


def answer(teacher: EndpointTeacher, request: Request = HELLO) -> bytes:
    async def once() -> bytes:
        async with teacher:
            return await teacher.answer(request)

    return asyncio.run(once())


def test_body_and_reply(server: ChatServer, teacher_of: TeacherOf) -> None:
    teacher = teacher_of(seed=3, temperature=0, extra={"response_format": {"type": "json_object"}})
    reply = teacher.read(answer(teacher))
    assert (reply.text, reply.model, reply.finish_reason) == ("echo 안녕", "m-2024", "stop")
    assert (reply.prompt_tokens, reply.completion_tokens) == (7, 3)
    assert server.bodies == [
        {
            "model": "m",
            "messages": [{"role": "user", "content": "안녕"}],
            "temperature": 0.0,
            "max_tokens": 1024,
            "seed": 3,
            "response_format": {"type": "json_object"},
        }
    ]
    assert server.authorizations == [f"Bearer {KEY}"]


@pytest.mark.parametrize("tail", ["", "/", "/chat/completions", "/chat/completions/"])
def test_all_spellings_of_the_address_are_one(
    server: ChatServer, teacher_of: TeacherOf, tail: str
) -> None:
    teacher = teacher_of(base_url=server.url + tail)
    answer(teacher)
    assert key_of(teacher.canonical(HELLO)) == key_of(teacher_of().canonical(HELLO))


def test_the_query_of_an_address_is_kept() -> None:
    teacher = EndpointTeacher("https://h/d/chat/completions?api-version=1", "m", api_key=None)
    assert teacher.url == "https://h/d/chat/completions?api-version=1"


def test_what_decides_the_reply_decides_the_key(teacher_of: TeacherOf) -> None:
    settings: list[dict[str, Any]] = [
        {}, {"model": "n"}, {"temperature": 0.5}, {"max_tokens": 9}, {"seed": 1},
        {"extra": {"top_p": 0.9}}, {"base_url": "http://127.0.0.1:1/v1"},
    ]  # fmt: skip
    assert len({key_of(teacher_of(**s).canonical(HELLO)) for s in settings}) == len(settings)
    same: list[dict[str, Any]] = [
        {}, {"temperature": 0}, {"retries": 1}, {"concurrency": 3}, {"timeout_s": 9.0},
        {"api_key": None},
    ]  # fmt: skip
    assert len({key_of(teacher_of(**s).canonical(HELLO)) for s in same}) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 408}, {"status": 409}, {"status": 429}, {"status": 500}, {"status": 502},
        {"status": 503}, {"status": 504}, {"drop": True}, {"cut": True}, {"body": b"<html>"},
        {"body": b'{"choices": [{"mess'}, {"body": b"[]"}, {"body": b""},
        {"body": b'{"error": {"code": 429, "message": "slow down"}}'},
    ],
)  # fmt: skip
def test_passing_faults_are_tried_again(
    server: ChatServer, teacher_of: TeacherOf, fault: dict[str, Any]
) -> None:
    server.answers(server.how(**fault), server.how(**fault))
    teacher = teacher_of()
    assert teacher.read(answer(teacher)).text == "echo 안녕"
    assert len(server.bodies) == 3


def test_a_hanging_server_is_tried_again(server: ChatServer, teacher_of: TeacherOf) -> None:
    server.answers(server.how(hang=True))
    teacher = teacher_of(timeout_s=0.2)
    assert teacher.read(answer(teacher)).text == "echo 안녕"
    assert len(server.bodies) == 2


def test_retry_after_is_obeyed(server: ChatServer, teacher_of: TeacherOf) -> None:
    server.answers(server.how(status=429, headers={"Retry-After": "0.4"}))
    started = time.monotonic()
    answer(teacher_of())
    assert 0.4 <= time.monotonic() - started < 2


def test_retry_after_values() -> None:
    assert retry_after_s("7") == 7
    assert retry_after_s("3600") == 120
    assert retry_after_s("-5") == 0
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert retry_after_s(soon) == pytest.approx(30, abs=2)
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert [retry_after_s(value) for value in (None, "", "soon", "nan")] == [None] * 4


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key(server: ChatServer, teacher_of: TeacherOf, status: int) -> None:
    server.answers(
        server.how(status=status, body=orjson.dumps({"error": {"message": f"bad key {KEY}"}}))
    )
    with pytest.raises(InputError) as caught:
        answer(teacher_of())
    assert server.url in str(caught.value)
    assert "api_key_env" in str(caught.value)
    assert KEY not in str(caught.value)
    assert len(server.bodies) == 1


def test_an_unknown_model(server: ChatServer, teacher_of: TeacherOf) -> None:
    message = "The model `m` does not exist. " + "x" * 1000
    server.answers(server.how(status=404, body=orjson.dumps({"error": {"message": message}})))
    with pytest.raises(InputError, match="The model `m` does not exist") as caught:
        answer(teacher_of())
    assert f"{server.url}/chat/completions" in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize(
    "body", [{"error": {"message": "too long"}}, {"error": "too long"}, {"detail": "too long"}]
)
def test_a_request_that_is_refused(
    server: ChatServer, teacher_of: TeacherOf, status: int, body: dict[str, Any]
) -> None:
    server.answers(server.how(status=status, body=orjson.dumps(body)))
    with pytest.raises(RequestRefused) as caught:
        answer(teacher_of())
    assert caught.value.reason == f"HTTP {status}: too long"
    assert len(server.bodies) == 1


def test_a_long_refusal_is_shortened(server: ChatServer, teacher_of: TeacherOf) -> None:
    server.answers(server.how(status=400, body=b"line\n" * 500))
    with pytest.raises(RequestRefused) as caught:
        answer(teacher_of())
    assert len(caught.value.reason) == len("HTTP 400: ") + 300


def test_a_redirect_is_not_followed(server: ChatServer, teacher_of: TeacherOf) -> None:
    server.answers(server.how(status=308, headers={"Location": "https://elsewhere/v1"}))
    with pytest.raises(InputError, match="https://elsewhere/v1"):
        answer(teacher_of())


def test_a_server_that_is_down(teacher_of: TeacherOf, unused_tcp_port: int) -> None:
    teacher = teacher_of(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1", retries=2)
    with pytest.raises(ChemtuneError, match=r"no answer from http.* after 3 tries: .*run again"):
        answer(teacher)


def test_a_server_that_stays_overloaded(server: ChatServer, teacher_of: TeacherOf) -> None:
    server.behave = lambda number, body: server.how(
        status=429, body=b'{"error": {"message": "quota"}}'
    )
    with pytest.raises(ChemtuneError, match="after 3 tries: HTTP 429: quota"):
        answer(teacher_of(retries=2))
    assert len(server.bodies) == 3


def test_one_poisonous_request_is_refused_and_three_in_a_row_stop(
    server: ChatServer, teacher_of: TeacherOf
) -> None:
    server.behave = lambda number, body: server.how(status=500)

    async def thrice() -> list[type[BaseException]]:
        kinds: list[type[BaseException]] = []
        async with teacher_of(retries=1) as teacher:
            for _ in range(3):
                try:
                    await teacher.answer(HELLO)
                except (RequestRefused, ChemtuneError) as error:
                    kinds.append(type(error))
        return kinds

    assert asyncio.run(thrice()) == [RequestRefused, RequestRefused, ChemtuneError]


def test_a_key_that_a_reply_repeats_is_taken_out(server: ChatServer, teacher_of: TeacherOf) -> None:
    server.answers(server.how(body=orjson.dumps({"choices": [], "headers": f"Bearer {KEY}"})))
    assert KEY.encode() not in answer(teacher_of())
    assert KEY not in repr(teacher_of())


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "plain"}, "plain"),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "ab"),
        ({"content": [{"type": "image_url"}, "c"]}, "c"),
    ],
)
def test_content_may_be_parts(teacher_of: TeacherOf, message: dict[str, Any], text: str) -> None:
    raw = orjson.dumps({"choices": [{"message": message, "finish_reason": "length"}]})
    reply = teacher_of().read(raw)
    assert (reply.text, reply.finish_reason, reply.model) == (text, "length", "m")
    assert reply.prompt_tokens is None


@pytest.mark.parametrize(
    "body",
    [
        {}, {"choices": []}, {"choices": [{}]}, {"choices": [{"message": None}]},
        {"choices": None}, {"choices": [{"message": {}}]},
        {"choices": [{"message": {"content": ""}}]},
        {"choices": [{"message": {"content": None, "refusal": "no"}}]}, [], 3,
    ],
)  # fmt: skip
def test_a_reply_without_text_is_refused(teacher_of: TeacherOf, body: Any) -> None:
    with pytest.raises(RequestRefused, match=r"no text|no choices"):
        teacher_of().read(orjson.dumps(body))


@pytest.mark.parametrize(
    "base_url",
    [
        "localhost:8000",
        "ftp://h/v1",
        "",
        "http://",
        "http://u:secret9@h/v1",
        "http://h/?key=secret9",
    ],
)
def test_addresses_that_cannot_be_used(base_url: str) -> None:
    with pytest.raises(InputError, match="base_url") as caught:
        EndpointTeacher(base_url, "m", api_key=None)
    assert "secret9" not in str(caught.value)


def test_extra_does_not_override_settings() -> None:
    with pytest.raises(InputError, match="messages, stream"):
        EndpointTeacher("http://h", "m", api_key=None, extra={"stream": True, "messages": []})


def test_a_key_with_a_line_break_is_not_shown() -> None:
    with pytest.raises(InputError) as caught:
        EndpointTeacher("http://h", "m", api_key="secret9\nX: y")
    assert "secret9" not in str(caught.value)


def test_api_key_from_env(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEACHER_KEY", " abc\n")
    assert api_key_from_env("TEACHER_KEY") == "abc"
    assert api_key_from_env(None) is None
    monkeypatch.setenv("TEACHER_KEY", "")
    with pytest.raises(InputError, match=r"TEACHER_KEY is empty.*export TEACHER_KEY=\.\.\."):
        api_key_from_env("TEACHER_KEY")
    monkeypatch.delenv("TEACHER_KEY")
    with pytest.raises(InputError, match="TEACHER_KEY is not set"):
        api_key_from_env("TEACHER_KEY")


def test_a_proxy_is_not_used_for_loopback(
    server: ChatServer, teacher_of: TeacherOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    answer(teacher_of())
    assert [environment_proxy(f"http://{host}/v1") for host in ("localhost", "[::1]", "h.org")] == [
        None,
        None,
        "http://127.0.0.1:9",
    ]
    monkeypatch.setenv("http_proxy", "socks5://u:secret9@h:1")
    with pytest.raises(InputError, match="http_proxy") as caught:
        environment_proxy("http://h.org")
    assert "secret9" not in str(caught.value)
