"""A chat endpoint of the tests' own on 127.0.0.1, told by each test how to misbehave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from aiohttp import web


@dataclass(frozen=True)
class Behaviour:
    """How the server meets one request; `body` None is a good reply that echoes the question."""

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drop: bool = False
    cut: bool = False
    hang: bool = False


class ChatServer:
    """Counts requests, records bodies, and behaves as `behave(number, body)` says."""

    def __init__(self) -> None:
        self.behave: Callable[[int, dict[str, Any]], Behaviour] = lambda number, body: Behaviour()
        self.bodies: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.api_keys: list[str | None] = []
        self.in_flight = self.most_in_flight = 0
        self.url = ""
        self.closing = asyncio.Event()

    @staticmethod
    def how(**fields: Any) -> Behaviour:
        return Behaviour(**fields)

    def answers(self, *behaviours: Behaviour) -> None:
        """Behave so in this order, and well after that."""
        self.behave = lambda number, body: (
            behaviours[number] if number < len(behaviours) else Behaviour()
        )

    @property
    def questions(self) -> list[str]:
        """What was asked, in the order of arrival."""
        return [body["messages"][-1]["content"] for body in self.bodies]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        number = len(self.bodies)
        self.bodies.append(body)
        self.authorizations.append(request.headers.get("Authorization"))
        if "api-key" in request.headers:
            self.api_keys.append(request.headers["api-key"])
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self._respond(request, self.behave(number, body), body)
        finally:
            self.in_flight -= 1

    async def _respond(
        self, request: web.Request, how: Behaviour, body: dict[str, Any]
    ) -> web.StreamResponse:
        assert request.transport is not None
        await asyncio.sleep(how.delay_s)
        if how.hang:
            await self.closing.wait()
        if how.drop:
            request.transport.close()
        whole = good_reply(body) if how.body is None else how.body
        if how.cut:
            response = web.StreamResponse(headers={"Content-Length": str(len(whole))})
            await response.prepare(request)
            await response.write(whole[: len(whole) // 2])
            request.transport.close()
            return response
        return web.Response(status=how.status, body=whole, headers=how.headers)


def good_reply(body: dict[str, Any]) -> bytes:
    text = "echo " + body["messages"][-1]["content"]
    choice = {"index": 0, "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    return orjson.dumps(
        {"model": "m-2024", "choices": [choice | {"finish_reason": "stop"}], "usage": usage}
    )


@pytest.fixture
def server() -> Iterator[ChatServer]:
    chat = ChatServer()
    started: Future[asyncio.AbstractEventLoop] = Future()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", chat.handle)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        chat.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        started.set_result(asyncio.get_running_loop())
        await chat.closing.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    loop = started.result(10)
    yield chat
    loop.call_soon_threadsafe(chat.closing.set)
    thread.join(10)
    assert not thread.is_alive()
