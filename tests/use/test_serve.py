"""The server, by real HTTP: answers, pieces, errors, a queue, clients that go away, and its end."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

import chemtune
from chemtune.errors import ChemtuneError, InputError
from chemtune.teachers.journal import Journal
from chemtune.use.completions import make_app
from chemtune.use.opened import OpenedRun, open_run
from chemtune.use.serve import _served, serve
from chemtune.use.streaming import Answer, Decoding, Speaker

MESSAGES = [{"role": "user", "content": "What is iridium oxide?"}]
ASKED = {"model": "small", "messages": MESSAGES, "max_tokens": 12}


class Client:
    """A server of the tiny run, and a way to ask it."""

    def __init__(self, run: Path, key: str | None = None) -> None:
        self.served = _served(open_run(run), key, "127.0.0.1", 16)

    def __call__(self, scenario) -> object:
        async def run() -> object:
            server = TestServer(make_app(self.served))
            await server.start_server()
            try:
                async with aiohttp.ClientSession(base_url=server.make_url("/")) as session:
                    return await scenario(session)
            finally:
                await server.close()

        return asyncio.run(run())

    def post(self, body: object, **how) -> tuple[int, dict]:
        async def scenario(session):
            async with session.post("/v1/chat/completions", json=body, **how) as response:
                return response.status, await response.json()

        return self(scenario)


@pytest.fixture
def client(tuned_run: Path) -> Iterator[Client]:
    made = Client(tuned_run)
    yield made
    made.served.voice.close()


def direct(client: Client, name: str, **how) -> tuple[str, int, Answer]:
    """What the model says without a server."""
    speaker = client.served.speakers[name]
    prompt = client.served.template.prompt_ids(MESSAGES)
    answer = Answer()
    text = "".join(
        Speaker(speaker.student, speaker.untuned).stream(prompt, Decoding(**how), answer)
    )
    return text, len(prompt), answer


def events(raw: bytes) -> list[dict]:
    lines = [line for line in raw.decode().split("\n\n") if line]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


def test_an_answer_is_the_models_with_its_counts(client: Client) -> None:
    for name in ("small", "small-untuned"):
        status, body = client.post({**ASKED, "model": name})
        text, prompt_tokens, answer = direct(client, name, max_tokens=12)
        assert status == 200
        assert body["object"] == "chat.completion"
        assert body["model"] == name
        (choice,) = body["choices"]
        assert choice["message"]["content"] == text
        assert choice["finish_reason"] == answer.finish
        assert body["usage"] == {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": answer.tokens,
            "total_tokens": prompt_tokens + answer.tokens,
        }
    assert direct(client, "small", max_tokens=12) != direct(client, "small-untuned", max_tokens=12)


def test_pieces_are_the_same_answer(client: Client) -> None:
    how = {"temperature": 0.9, "top_p": 0.8, "seed": 5}
    body = {**ASKED, **how, "stream": True, "stream_options": {"include_usage": True}}

    async def scenario(session):
        async with session.post("/v1/chat/completions", json=body) as response:
            assert response.content_type == "text/event-stream"
            return await response.read()

    said = events(client(scenario))
    text, prompt_tokens, answer = direct(client, "small", max_tokens=12, **how)
    assert said[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    pieces = [e["choices"][0]["delta"].get("content", "") for e in said if e["choices"]]
    assert "".join(pieces) == text
    assert [e["choices"][0]["finish_reason"] for e in said if e["choices"]][-1] == answer.finish
    assert said[-1]["usage"]["completion_tokens"] == answer.tokens
    assert said[-1]["usage"]["prompt_tokens"] == prompt_tokens
    assert client.post({**ASKED, **how})[1]["choices"][0]["message"]["content"] == text


def test_the_models_are_listed(client: Client) -> None:
    async def scenario(session):
        listed = await (await session.get("/v1/models")).json()
        one = await session.get("/v1/models/small")
        none = await session.get("/v1/models/other")
        health = await (await session.get("/health")).json()
        return listed, await one.json(), none.status, health

    listed, one, none, health = client(scenario)
    assert [model["id"] for model in listed["data"]] == ["small", "small-untuned"]
    assert one == listed["data"][0]
    assert none == 404
    assert health == {"status": "ok", "waiting": 0}


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"model": "gpt"}, "model", "there is no model 'gpt'; there is small"),
        ({"model": None}, "model", "model is missing"),
        ({"messages": []}, "messages", "missing or empty"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role", "'tool'"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content", "no text: 3"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "messages[0].content[0]",
            "'image_url'",
        ),
        ({"messages": [*MESSAGES, {"role": "assistant", "content": "x"}]}, "messages", "last"),
        ({"temperature": 3}, "temperature", "from 0 to 2"),
        ({"temperature": "hot"}, "temperature", "'hot'"),
        ({"temperature": True}, "temperature", "True"),
        ({"top_p": 0}, "top_p", "above 0"),
        ({"max_tokens": 0}, "max_tokens", "1 is the least"),
        ({"max_tokens": 1.5}, "max_tokens", "whole number"),
        ({"max_tokens": 5000}, "max_tokens", "context is 2048"),
        ({"stop": ["a"] * 5}, "stop", "4 are allowed"),
        ({"stop": [""]}, "stop", "no list of texts"),
        ({"seed": 2**63}, "seed", "64 bits"),
        ({"n": 2}, "n", "not supported: 2"),
        ({"logprobs": True}, "logprobs", "not supported"),
        ({"tools": [{"type": "function"}]}, "tools", "not supported"),
        ({"response_format": {"type": "json_object"}}, "response_format", "not supported"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "stream: true"),
        ({"top_k": 5}, "top_k", "not supported"),
    ],
)
def test_a_field_that_is_wrong_is_named(client: Client, change, field, words) -> None:
    status, body = client.post({**ASKED, **change})
    assert status == (404 if change.get("model") else 400)
    assert body["error"]["param"] == field
    assert words in body["error"]["message"]
    assert body["error"]["type"] == "invalid_request_error"


def test_what_asks_for_nothing_is_taken(client: Client) -> None:
    none = {"n": 1, "tools": [], "presence_penalty": 0, "user": "me", "logprobs": None}
    parts = [{"role": "user", "content": [{"type": "text", "text": MESSAGES[0]["content"]}]}]
    status, body = client.post({**ASKED, **none, "messages": parts})
    assert status == 200
    assert body["choices"] == client.post(ASKED)[1]["choices"]


def test_bodies_that_are_none(client: Client) -> None:
    async def scenario(session):
        found = []
        as_json = {"Content-Type": "application/json"}
        for raw, headers in (
            (b"{", as_json),
            (b"[]", as_json),
            (b"{}", {"Content-Type": "text/plain"}),
            (io.BytesIO(b'{"a": "' + b"x" * (5 * 2**20) + b'"}'), as_json),
        ):
            async with session.post("/v1/chat/completions", data=raw, headers=headers) as response:
                found.append((response.status, (await response.json())["error"]["message"]))
        async with session.get("/v1/nothing") as response:
            found.append((response.status, (await response.json())["error"]["message"]))
        return found

    statuses = client(scenario)
    assert [status for status, _ in statuses] == [400, 400, 415, 413, 404]
    assert "is not JSON" in statuses[0][1]


def test_only_who_has_the_key_and_names_this_machine_is_served(tuned_run: Path) -> None:
    client = Client(tuned_run, key="secret-key")

    async def scenario(session):
        found = []
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Bearer secret-key"},
            {"Authorization": "Bearer secret-key", "Host": "evil.example"},
        ):
            async with session.get("/v1/models", headers=headers) as response:
                found.append(response.status)
        found.append((await session.get("/health")).status)
        return found

    assert client(scenario) == [401, 401, 200, 403, 200]
    client.served.voice.close()


def test_a_client_that_goes_away_ends_its_answer_and_the_next_is_served(client: Client) -> None:
    long = {**ASKED, "max_tokens": 1900, "temperature": 2, "seed": 1}

    async def scenario(session):
        left = []
        for stream in (True, False):
            started = time.monotonic()
            asking = asyncio.create_task(
                session.post("/v1/chat/completions", json={**long, "stream": stream})
            )
            await asyncio.sleep(0.3)
            assert client.served.voice.waiting == 1
            if asking.done():
                asking.result().close()
            asking.cancel()
            while client.served.voice.waiting:
                await asyncio.sleep(0.01)
                assert time.monotonic() - started < 20
            left.append(time.monotonic() - started)
        async with session.post("/v1/chat/completions", json=ASKED) as response:
            return (await response.json())["choices"][0]["message"]["content"]

    assert client(scenario) == direct(client, "small", max_tokens=12)[0]


def test_requests_at_once_are_answered_one_by_one(client: Client, monkeypatch) -> None:
    speaking, most = 0, 0
    real = Speaker.stream

    def stream(self, *arguments):
        nonlocal speaking, most
        speaking += 1
        most = max(most, speaking)
        yield from real(self, *arguments)
        speaking -= 1

    monkeypatch.setattr(Speaker, "stream", stream)

    async def scenario(session):
        async def ask(number: int) -> str:
            messages = [{"role": "user", "content": f"What is {number}?"}]
            body = {**ASKED, "messages": messages}
            async with session.post("/v1/chat/completions", json=body) as response:
                return (await response.json())["choices"][0]["message"]["content"]

        together = await asyncio.gather(*(ask(n) for n in range(6)))
        return together, [await ask(n) for n in range(6)]

    together, alone = client(scenario)
    assert together == alone
    assert most == 1


def test_a_model_that_fails_is_told_without_its_words(client: Client, monkeypatch, capsys) -> None:
    def fails(*_):
        raise RuntimeError("out of memory at 0x1")
        yield

    monkeypatch.setattr(Speaker, "stream", fails)
    status, body = client.post(ASKED)
    assert (status, body["error"]["type"]) == (500, "server_error")
    assert "0x1" not in json.dumps(body)
    assert "RuntimeError: out of memory at 0x1" in capsys.readouterr().err


@pytest.fixture
def process(tuned_run: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    command = [sys.executable, "-m", "chemtune", "serve", str(tuned_run), "--port", "0"]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    line = started.stderr.readline()
    yield started, line.partition(" at ")[2].partition("  ")[0]
    started.kill()
    started.communicate()


def test_ctrl_c_ends_it_at_once_though_an_answer_is_under_way(process) -> None:
    server, url = process

    async def scenario() -> bytes:
        body = {**ASKED, "max_tokens": 1900, "temperature": 2, "seed": 1, "stream": True}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{url}/chat/completions", json=body) as response,
        ):
            await response.content.readany()
            os.kill(server.pid, signal.SIGINT)
            return await response.read()

    rest = asyncio.run(scenario())
    assert "the server is stopping" in events(rest[rest.index(b"data: ") :])[-1]["error"]["message"]
    _, said = server.communicate(timeout=30)
    assert server.returncode == 0
    assert "stopping" in said
    assert "Traceback" not in said


def test_build_takes_it_as_a_teacher(tuned_run: Path, make_run, tmp_path: Path) -> None:
    url, ready = "", threading.Event()

    def on_start(address: str) -> None:
        nonlocal url
        url = address
        ready.set()

    options = {"port": 0, "on_start": on_start}
    threading.Thread(target=chemtune.serve, args=(tuned_run,), kwargs=options, daemon=True).start()
    assert ready.wait(60)
    document = tmp_path / "one.jsonl"
    document.write_text(json.dumps({"id": "q", "question": "What is water?", "split": "train"}))
    recipe = make_run(
        run=str(tmp_path / "built"),
        documents=[
            {
                "path": str(document),
                "columns": {"text": "question"},
                "tasks": ["question_answering_long"],
            }
        ],
        teacher={"kind": "endpoint", "base_url": url, "model": "small", "max_tokens": 400},
        checks={"length": {"action": "keep"}},
    )
    # A random model may never come to an end; the reply is in the journal all the same.
    with suppress(InputError):
        chemtune.build(recipe)
    with Journal(tmp_path / "built/journal.sqlite") as journal:
        (entry,) = journal.entries()
    body = json.loads(entry.raw)
    assert body["model"] == "small"
    assert body["usage"]["completion_tokens"] <= 400
    assert body["choices"][0]["message"]["content"]


def test_a_port_that_is_taken_is_told_before_a_model_is_loaded(
    tuned_run: Path, monkeypatch
) -> None:
    monkeypatch.setattr(OpenedRun, "load", lambda run: pytest.fail("the model was loaded"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ChemtuneError) as caught:
            serve(tuned_run, port=port)
    said = str(caught.value)
    assert said.startswith(f"cannot listen at 127.0.0.1:{port}: Address already in use (")
    with pytest.raises(ChemtuneError, match=r"cannot listen at nowhere\.invalid:80: "):
        serve(tuned_run, host="nowhere.invalid", port=80)
