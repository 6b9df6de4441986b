"""Who may speak to the pages, over a real server."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

import chemtune
from chemtune.errors import ChemtuneError
from conftest import SAMPLE, part_of
from web_server import served


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("guard")
    documents = part_of("documents/general.jsonl", folder, train=2, validation=0, test=1)
    recipe = {
        "name": "guarded",
        "documents": [{"path": str(documents), "tasks": ["keyword_extraction"]}],
        "teacher": {"kind": "recorded", "replies": str(SAMPLE / "replies")},
        "model": "smollm2-135m",
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    return Path(chemtune.build(path)["run"])


async def status(url: str, method: str = "GET", **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, headers=headers, allow_redirects=False) as answer,
    ):
        return answer.status


async def socket_opens(url: str, **headers: str) -> bool:
    address = url.replace("http:", "ws:") + "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as session:
        try:
            async with session.ws_connect(address, headers=headers):
                return True
        except aiohttp.WSServerHandshakeError:
            return False


def test_other_names_and_other_sites_are_refused(run: Path) -> None:
    async def look(url: str) -> None:
        port = urlsplit(url).port
        assert await status(url + "/review") == 200
        assert await status(f"http://localhost:{port}/review") == 200
        assert await status(url + "/review", Host="evil.example") == 403
        assert await status(url + "/review", Host=f"evil.example:{port}") == 403
        assert await status(url + "/review", Origin="https://evil.example") == 403
        assert await status(url + "/review", Origin="null") == 403
        assert await status(url + "/review", "POST") == 403
        assert await status(url + "/review", "POST", Origin="http://evil.example") == 403
        assert await socket_opens(url, Origin=url)
        assert not await socket_opens(url, Origin="http://evil.example")
        assert not await socket_opens(url)
        assert not await socket_opens(url, Origin="http://evil.example", Host="evil.example")

    with served(run) as server:
        asyncio.run(look(server.address))


def test_answers_carry_what_keeps_them_in_their_place(run: Path) -> None:
    async def headers(url: str) -> dict[str, str]:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return {name.lower(): value for name, value in answer.headers.items()}

    with served(run) as server:
        found = asyncio.run(headers(server.address + "/review"))
    assert "connect-src 'self'" in found["content-security-policy"]
    assert "frame-ancestors 'self'" in found["content-security-policy"]
    assert found["x-content-type-options"] == "nosniff"


def test_another_address_asks_for_the_token(run: Path) -> None:
    async def look(url: str, token: str) -> None:
        assert await status(url + "/review") == 403
        assert await status(url + "/review?token=guessed") == 403
        assert not await socket_opens(url, Origin=url)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            entering = f"{url}/review?task=keyword_extraction&token={token}"
            async with session.get(entering, allow_redirects=False) as answer:
                assert answer.status == 303
                # Kept as a cookie that no script reads, and out of the address.
                assert answer.headers["location"] == "/review?task=keyword_extraction"
                cookie = answer.headers["set-cookie"].lower()
                assert "httponly" in cookie
                assert "samesite=strict" in cookie
            async with session.get(f"{url}/review") as answer:
                assert answer.status == 200
            async with session.get(
                f"{url}//evil.example/?token={token}", allow_redirects=False
            ) as a:
                assert a.headers["location"].startswith("/evil.example")

    # Every address of this machine; a connection to one of them comes from outside as any other.
    with served(run, host="0.0.0.0") as server:
        entry = server.url
        token = entry.split("token=")[1]
        port = urlsplit(entry).port
        asyncio.run(look(f"http://127.0.0.1:{port}", token))
        name = socket.gethostname()
        assert asyncio.run(status(f"http://127.0.0.1:{port}/review", Host=f"{name}:{port}")) == 403
        assert asyncio.run(status(f"http://127.0.0.1:{port}/?token={token}", Host="evil")) == 403


def test_a_port_that_is_taken_is_said(run: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ChemtuneError, match="try --port"),
    ):
        chemtune.review(run, port=taken.getsockname()[1], browser=False)
