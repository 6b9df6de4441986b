from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from chemtune.errors import ChemtuneError, InputError
from chemtune.teachers.ask import Asked, ask_all
from chemtune.teachers.endpoint import EndpointTeacher, api_key_from_env
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.teacher import Request, RequestRefused
from chemtune.teachers.wire import environment_proxy, retry_after_s

if TYPE_CHECKING:
    from chat_server import ChatServer

    TeacherOf = Callable[..., EndpointTeacher]

KEY = "sk-test-0123456789abcdef"
HELLO = Request("t", "d", ({"role": "user", "content": "안녕"},))


def answer(teacher: EndpointTeacher, request: Request = HELLO) -> bytes:
    async def once() -> bytes:
        async with teacher:
            return await teacher.answer(request)

    return asyncio.run(once())


def ask(teacher: EndpointTeacher, journal: Journal, *texts: str) -> list[Asked]:
    """Ask with retries; returns what came of each, in the order of completion."""
    done: list[Asked] = []
    requests = [
        Request("t", text, ({"role": "user", "content": text},)) for text in texts or ("안녕",)
    ]
    ask_all(teacher, requests, journal, on_done=done.append)
    return done


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
    server: ChatServer, teacher_of: TeacherOf, journal: Journal, fault: dict[str, Any]
) -> None:
    server.answers(server.how(**fault), server.how(**fault))
    (asked,) = ask(teacher_of(), journal)
    assert asked.reply is not None
    assert asked.reply.text == "echo 안녕"
    assert len(server.bodies) == 3


def test_a_hanging_server_is_tried_again(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal
) -> None:
    server.answers(server.how(hang=True))
    (asked,) = ask(teacher_of(timeout_s=0.2), journal)
    assert asked.reply is not None
    assert len(server.bodies) == 2


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_by_all(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal, status: int
) -> None:
    arrivals: list[float] = []

    def behave(number: int, body: dict[str, Any]) -> Any:
        arrivals.append(time.monotonic())
        headers = {"Retry-After": "0.5"}
        return server.how() if number else server.how(status=status, headers=headers)

    server.behave = behave
    done = ask(teacher_of(concurrency=1), journal, *map(str, range(5)))
    assert len(done) == 5
    assert all(asked.reply for asked in done)
    # Not the request alone that was turned away: the endpoint wants no other either.
    assert arrivals[1] - arrivals[0] >= 0.5


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


def test_an_address_without_its_version(server: ChatServer, teacher_of: TeacherOf) -> None:
    with pytest.raises(InputError, match=r"check base_url, which mostly ends in /v1, and model"):
        answer(teacher_of(base_url=server.url.removesuffix("/v1")))


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


def test_a_server_that_is_down(
    teacher_of: TeacherOf,
    journal: Journal,
    unused_tcp_port: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    teacher = teacher_of(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1", retries=2)
    with pytest.raises(
        ChemtuneError, match=r"no answer from http.* after 3 tries: .*run again"
    ) as e:
        ask(teacher, journal)
    assert f"cannot connect to 127.0.0.1:{unused_tcp_port}: Connect call failed" in str(e.value)
    assert "(check base_url; does the server run?)" in str(e.value)
    # Told at once too, and not at every try.
    assert capsys.readouterr().err.count("does the server run?); trying again") == 1


def test_a_server_that_stays_overloaded(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how(
        status=429, body=b'{"error": {"message": "quota"}}'
    )
    with pytest.raises(ChemtuneError, match="after 3 tries: HTTP 429: quota"):
        ask(teacher_of(retries=2), journal)
    assert len(server.bodies) == 3


def test_one_that_turns_requests_away_while_it_answers_others_loses_none(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal
) -> None:
    # Four of five tries are turned away, so some request is turned away more than four times.
    server.behave = lambda number, body: server.how(status=200 if number % 5 == 0 else 429)
    done = ask(teacher_of(retries=4, concurrency=4), journal, *map(str, range(20)))
    assert sum(asked.reply is not None for asked in done) == 20


def test_one_poisonous_request_is_refused_and_three_in_a_row_stop(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how(
        status=500 if body["messages"][0]["content"].startswith("bad") else 200
    )
    teacher = teacher_of(retries=1, concurrency=1)
    done = ask(teacher, journal, "a", "bad 1", "b", "bad 2", "c")
    refused = {asked.request.document for asked in done if asked.reply is None}
    assert refused == {"bad 1", "bad 2"}
    with pytest.raises(ChemtuneError, match="after 2 tries: HTTP 500"):
        ask(teacher_of(retries=1, concurrency=1), journal, "bad 3", "bad 4", "bad 5")


def test_a_server_that_breaks_midway_ends_the_run(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how(status=200 if number < 10 else 500)
    with pytest.raises(ChemtuneError, match="HTTP 500"):
        ask(teacher_of(retries=0, concurrency=2), journal, *map(str, range(100)))
    assert len(journal) == 10
    assert len(server.bodies) <= 10 + 20 + 2


def test_poisonous_requests_at_the_end_do_not_end_the_run(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how(
        status=504 if body["messages"][0]["content"].startswith("bad") else 200
    )
    # More of them in a row than a run that has others left would take, and all of them come back
    # after the last of the others was answered.
    texts = [f"bad {n}" for n in range(25)] + [str(n) for n in range(30)]
    done = ask(teacher_of(retries=1, concurrency=4, backoff_s=1.0), journal, *texts)
    assert sum(asked.reply is None for asked in done) == 25
    assert len(journal) == 30


def test_a_reply_without_end_is_refused(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal
) -> None:
    huge = b'{"choices": [], "padding": "' + b"x" * 10 * 2**20 + b'"}'
    server.answers(server.how(body=huge))
    first, second = ask(teacher_of(concurrency=1), journal, "a", "b")
    assert first.refused == "the reply is longer than 4 MiB"
    assert second.reply is not None
    assert len(journal) == 1


def test_a_schema_is_sent_and_left_out_where_the_server_knows_none(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal
) -> None:
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    requests = [replace(HELLO, document=str(n), schema=schema) for n in range(3)]
    held = {"type": "json_schema", "json_schema": {"name": "t", "strict": True, "schema": schema}}
    ask_all(teacher_of(), requests[:1], journal, on_done=lambda asked: None)
    assert server.bodies[0]["response_format"] == held
    no = b'{"error": {"message": "response_format is not supported"}}'
    server.behave = lambda number, body: (
        server.how(status=400, body=no) if "response_format" in body else server.how()
    )
    other = teacher_of(concurrency=1, seed=1)
    asked = [replace(r, messages=({"role": "user", "content": r.document},)) for r in requests]
    counts = ask_all(other, asked, journal, on_done=lambda asked: None)
    assert (counts.requests_sent, counts.refused) == (3, 0)
    assert ["response_format" in body for body in server.bodies[1:]] == [True, False, False, False]
    # Another run wishes for the same, and so finds what was bought.
    again = ask_all(teacher_of(seed=1), asked, journal, on_done=lambda asked: None)
    assert again.replies_from_journal == 3


def test_a_model_that_wants_max_completion_tokens(
    server: ChatServer, teacher_of: TeacherOf, journal: Journal
) -> None:
    no = b'{"error": {"message": "Unsupported parameter: use max_completion_tokens instead"}}'
    server.behave = lambda number, body: (
        server.how(status=400, body=no) if "max_tokens" in body else server.how()
    )
    (asked,) = ask(teacher_of(max_tokens=77), journal)
    assert asked.reply is not None
    assert server.bodies[-1]["max_completion_tokens"] == 77


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("https://lab.openai.azure.com", "names no deployment (for example https://lab.openai."),
        ("https://lab.openai.azure.com/openai/deployments/d", "api_version: Azure OpenAI wants a"),
    ],
)
def test_an_azure_address_that_lacks_something(address: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        EndpointTeacher(address, "m", api_key=KEY)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://lab.openai.azure.com/openai/deployments/d/chat/completions?api-version=2026-01",
        "https://lab.openai.azure.com/openai/v1",
    ],
)
def test_azure_addresses_that_hold_all(address: str) -> None:
    teacher = EndpointTeacher(address, "m", api_key=KEY)
    assert teacher.url.partition("?")[0].endswith("/chat/completions")


def test_azure_takes_the_key_and_the_version_in_its_own_way(
    server: ChatServer, teacher_of: TeacherOf
) -> None:
    teacher = EndpointTeacher(
        "https://lab.openai.azure.com/openai/deployments/d", "m", api_key=KEY, api_version="2026-01"
    )
    tail = "/openai/deployments/d/chat/completions?api-version=2026-01"
    assert teacher.url == f"https://lab.openai.azure.com{tail}"
    answer(teacher_of(flavour="azure", api_version="2026-01"))
    assert server.api_keys == [KEY]
    assert server.authorizations == [None]


def test_what_the_content_filter_stopped_is_refused(teacher_of: TeacherOf) -> None:
    raw = {"choices": [{"message": {"content": "He"}, "finish_reason": "content_filter"}]}
    with pytest.raises(RequestRefused, match="content filter"):
        teacher_of().read(orjson.dumps(raw))


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
