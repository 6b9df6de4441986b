"""OpenAI's Batch API on 127.0.0.1, as its reference has it, told by tests how to misbehave."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import orjson
import pytest
from aiohttp import web

MOST_REQUESTS = 50_000
STEPS = ("validating", "in_progress", "finalizing", "completed")

Answer = tuple[int, dict[str, Any]] | str | None


def good(body: dict[str, Any]) -> Answer:
    """A status and a body; a text is the code of an error; None leaves the request unanswered."""
    text = '{"C": "Pt", "S": "ATO"}'
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return 200, {"model": body["model"], "choices": [choice], "usage": usage}


class BatchServer:
    """Keeps files and batches; every look at a batch brings it one step on, unless it `holds`.

    Attributes:
        answer: What comes of one request.
        holds: Batches stay in progress.
        fails: The code and message with which batches fail at validation.
        ends: The status that batches end with.
        drop: Called with method and path; True closes the connection after the work is done.
        busy: How many requests are turned away with 503 first.
    """

    def __init__(self) -> None:
        self.answer: Callable[[dict[str, Any]], Answer] = good
        self.holds = False
        self.fails: tuple[str, str] | None = None
        self.ends = "completed"
        self.drop: Callable[[str, str], bool] = lambda method, path: False
        self.slow_s: Callable[[str, str], float] = lambda method, path: 0.0
        self.busy = 0
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.keys: list[str | None] = []
        self.asked: list[str] = []
        self.url = ""
        self.closing = asyncio.Event()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every request of every batch, in order."""
        return [
            orjson.loads(line)
            for batch in self.batches.values()
            for line in self.files[batch["input_file_id"]].splitlines()
        ]

    @web.middleware
    async def around(self, request: web.Request, handler: Callable[..., Any]) -> web.StreamResponse:
        method, path = request.method, request.path
        self.keys.append(request.headers.get("Authorization"))
        self.asked.append(f"{method} {path}")
        if self.busy:
            self.busy -= 1
            return _error(503, "overloaded")
        response: web.StreamResponse = await handler(request)
        await asyncio.sleep(self.slow_s(method, path))
        if self.drop(method, path):
            assert request.transport is not None
            request.transport.close()
        return response

    async def upload(self, request: web.Request) -> web.StreamResponse:
        data = await request.post()
        file = data.get("file")
        if data.get("purpose") != "batch" or not isinstance(file, web.FileField):
            return _error(400, "purpose and file are required")
        if not file.filename.endswith(".jsonl"):
            return _error(400, "Invalid file format for Batch API. Must be .jsonl")
        name = f"file-{len(self.files)}"
        self.files[name] = file.file.read()
        return web.json_response(
            {"id": name, "object": "file", "purpose": "batch", "filename": file.filename}
            | {"bytes": len(self.files[name]), "created_at": int(time.time())}
        )

    async def content(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if name not in self.files:
            return _error(404, f"No such File object: {name}")
        return web.Response(body=self.files[name], content_type="application/octet-stream")

    async def create(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        known = {"input_file_id", "endpoint", "completion_window", "metadata"}
        if set(body) - known or body.get("completion_window") != "24h":
            return _error(400, "unknown field or completion_window")
        if body.get("endpoint") != "/v1/chat/completions":
            return _error(400, "Invalid endpoint")
        if body.get("input_file_id") not in self.files:
            return _error(400, "No such File object")
        name = f"batch_{len(self.batches)}"
        self.batches[name] = {
            "id": name,
            "object": "batch",
            "endpoint": body["endpoint"],
            "errors": None,
            "input_file_id": body["input_file_id"],
            "completion_window": "24h",
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": int(time.time()),
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "metadata": body.get("metadata"),
        }
        return web.json_response(self.batches[name])

    async def list(self, request: web.Request) -> web.StreamResponse:
        rows = list(reversed(self.batches.values()))
        after, limit = request.query.get("after"), int(request.query.get("limit", 20))
        ids = [row["id"] for row in rows]
        rows = rows[ids.index(after) + 1 :] if after else rows
        return web.json_response(
            {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit}
        )

    async def look(self, request: web.Request) -> web.StreamResponse:
        batch = self.batches.get(request.match_info["batch"])
        if batch is None:
            return _error(404, "No batch found")
        if batch["status"] in STEPS[:-1] and not self.holds:
            self.step(batch)
        return web.json_response(batch)

    def step(self, batch: dict[str, Any]) -> None:
        if self.fails:
            code, message = self.fails
            row = {"code": code, "message": message, "param": None, "line": None}
            batch.update(status="failed", errors={"object": "list", "data": [row]})
            return
        batch["status"] = STEPS[STEPS.index(batch["status"]) + 1]
        if batch["status"] == "completed":
            self.end(batch)

    def end(self, batch: dict[str, Any]) -> None:
        batch["status"] = self.ends
        lines = [orjson.loads(row) for row in self.files[batch["input_file_id"]].splitlines()]
        keys = [line["custom_id"] for line in lines]
        assert len(set(keys)) == len(keys) <= MOST_REQUESTS
        answered: dict[str, list[bytes]] = {"output": [], "error": []}
        # In any order, as the reference warns.
        for line in reversed(lines):
            assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")
            said = self.answer(line["body"])
            row: dict[str, Any] = {"id": f"batch_req_{line['custom_id'][:8]}"}
            row |= {"custom_id": line["custom_id"], "response": None, "error": None}
            if said is None:
                continue
            if isinstance(said, str):
                row["error"] = {"code": said, "message": "This request could not be executed."}
            else:
                row["response"] = {"status_code": said[0], "request_id": "r", "body": said[1]}
            fine = not isinstance(said, str) and said[0] == 200
            answered["output" if fine else "error"].append(orjson.dumps(row))
        for kind, rows in answered.items():
            if rows:
                name = f"file-{len(self.files)}"
                self.files[name] = b"\n".join(rows) + b"\n"
                batch[f"{kind}_file_id"] = name
        counts = {"completed": len(answered["output"]), "failed": len(answered["error"])}
        batch["request_counts"] = counts | {"total": len(lines)}


def _error(status: int, message: str) -> web.Response:
    body = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    return web.json_response(body, status=status)


@pytest.fixture
def batch_server() -> Iterator[BatchServer]:
    api = BatchServer()
    started: Future[asyncio.AbstractEventLoop] = Future()

    async def serve() -> None:
        app = web.Application(middlewares=[api.around], client_max_size=2**28)
        app.router.add_post("/v1/files", api.upload)
        app.router.add_get("/v1/files/{file}/content", api.content)
        app.router.add_post("/v1/batches", api.create)
        app.router.add_get("/v1/batches", api.list)
        app.router.add_get("/v1/batches/{batch}", api.look)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        started.set_result(asyncio.get_running_loop())
        await api.closing.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    loop = started.result(10)
    yield api
    loop.call_soon_threadsafe(api.closing.set)
    thread.join(10)
    assert not thread.is_alive()
