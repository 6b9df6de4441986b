"""A Hugging Face hub on 127.0.0.1: the calls by which data and models are listed and fetched."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from aiohttp import web


def _sibling(path: str, data: bytes, request: web.Request) -> dict[str, Any]:
    sizes = request.query.get("blobs", "").lower() in ("1", "true")
    return {"rfilename": path} | ({"size": len(data)} if sizes else {})


class HubServer:
    """Holds data sets and models by name and revision: their files and the YAML head of their card.

    Attributes:
        gone: Answers nothing but errors of the server.
        broken: Paths whose download breaks off once.
    """

    def __init__(self) -> None:
        self.data: dict[tuple[str, str], tuple[dict[str, bytes], dict[str, Any]]] = {}
        self.gated: set[str] = set()
        self.broken: set[str] = set()
        self.gone = False
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.url = ""
        self.closing = asyncio.Event()

    def hold(
        self,
        name: str,
        files: dict[str, bytes],
        card: dict[str, Any] | None = None,
        revision: str = "main",
    ) -> str:
        """Put a data set or a model there; returns its commit."""
        commit = hashlib.sha1(repr((name, revision, sorted(files.items()))).encode()).hexdigest()
        for key in (revision, commit):
            self.data[name, key] = (files, card or {})
        self.data[name, commit] = (files, card or {})
        return commit

    def commit_of(self, name: str, revision: str) -> str:
        held = self.data[name, revision]
        return next(
            r for (n, r), d in self.data.items() if n == name and d == held and len(r) == 40
        )

    def refusal(self, name: str, revision: str) -> web.Response | None:
        if self.gone:
            return web.Response(status=503)
        if name in self.gated:
            return web.Response(status=403, headers={"X-Error-Code": "GatedRepo"})
        if not any(held == name for held, _ in self.data):
            return web.Response(status=404, headers={"X-Error-Code": "RepoNotFound"})
        if (name, revision) not in self.data:
            return web.Response(status=404, headers={"X-Error-Code": "RevisionNotFound"})
        return None

    async def info(self, request: web.Request) -> web.StreamResponse:
        name = f"{request.match_info['owner']}/{request.match_info['name']}"
        revision = request.match_info.get("revision", "main")
        self.asked.append(f"info {name} {revision}")
        self.tokens.add(request.headers.get("Authorization"))
        refused = self.refusal(name, revision)
        if refused is not None:
            return refused
        files, card = self.data[name, revision]
        return web.json_response(
            {"id": name, "sha": self.commit_of(name, revision), "cardData": card}
            | {"siblings": [_sibling(path, files[path], request) for path in files]}
        )

    async def tree(self, request: web.Request) -> web.StreamResponse:
        name = f"{request.match_info['owner']}/{request.match_info['name']}"
        refused = self.refusal(name, request.match_info["revision"])
        if refused is not None:
            return refused
        files, _ = self.data[name, request.match_info["revision"]]
        return web.json_response(
            [{"type": "file", "path": p, "size": len(b), "oid": "0"} for p, b in files.items()]
        )

    async def file(self, request: web.Request) -> web.StreamResponse:
        name = f"{request.match_info['owner']}/{request.match_info['name']}"
        revision, path = request.match_info["revision"], request.match_info["path"]
        self.asked.append(f"{request.method} {path}")
        refused = self.refusal(name, revision)
        if refused is not None:
            return refused
        files, _ = self.data[name, revision]
        if path not in files:
            return web.Response(status=404, headers={"X-Error-Code": "EntryNotFound"})
        body = files[path]
        headers = {
            "ETag": f'"{hashlib.sha256(body).hexdigest()}"',
            "X-Repo-Commit": self.commit_of(name, revision),
            "Content-Length": str(len(body)),
        }
        if request.method == "HEAD":
            return web.Response(headers=headers)
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        if path in self.broken:
            await response.write(body[: len(body) // 2])
            assert request.transport is not None
            request.transport.close()
            return response
        await response.write(body)
        return response


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> Iterator[HubServer]:
    """A hub, an empty cache, and the client's settings that lead to both."""
    server = HubServer()
    started: Future[asyncio.AbstractEventLoop] = Future()

    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/api/datasets/{owner}/{name}", server.info)
        app.router.add_get("/api/datasets/{owner}/{name}/revision/{revision}", server.info)
        app.router.add_get("/api/models/{owner}/{name}", server.info)
        app.router.add_get("/api/models/{owner}/{name}/revision/{revision}", server.info)
        app.router.add_get("/api/models/{owner}/{name}/tree/{revision}", server.tree)
        path = "{owner}/{name}/resolve/{revision}/{path:.+}"
        app.router.add_route("*", f"/datasets/{path}", server.file)
        app.router.add_route("*", f"/{path}", server.file)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set_result(asyncio.get_running_loop())
        await server.closing.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    loop = started.result(10)
    from huggingface_hub import constants

    cache = tmp_path_factory.mktemp("hub")
    # The client reads its environment when it is imported.
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache / "hub"))
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, server.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    monkeypatch.setenv("CHEMTUNE_CACHE", str(cache / "chemtune"))
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_tests")
    yield server
    loop.call_soon_threadsafe(server.closing.set)
    thread.join(10)
    assert not thread.is_alive()
