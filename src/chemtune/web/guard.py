"""Guard: who may speak to the pages. It stands before everything else, web sockets too.

Three things could let a stranger in: another site's page in the reader's browser (its Origin is
another one), a name that was made to point at this machine (its Host is another one), and another
machine, where the address can be reached from there (it has no token).
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "chemtune-token"
SAFE_METHODS = ("GET", "HEAD")
EVERYWHERE = ("0.0.0.0", "::")
HEADERS = {
    # Vue compiles its templates in the browser, which asks for 'unsafe-eval'. Nothing of documents
    # or models is put into markup, and nothing can be sent elsewhere.
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' "
    "'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class Guard:
    """An ASGI application that lets only its readers through to another.

    Attributes:
        app: The application.
        host: The address that is listened at.
        token: What a reader has to bring, once in the address and then as a cookie; None asks none.
    """

    app: ASGIApp
    host: str
    token: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is None and self._brings_token(scope):
            await self._enter(scope, receive, send)
        elif refusal is None:
            await self.app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal})
        else:
            await PlainTextResponse(refusal + "\n", 403)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> str | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._knows(host):
            return "this page is not served under that name"
        if origin is not None and urlsplit(origin).netloc != host:
            return "another site may not speak to this page"
        # A browser names its origin here; what does not is no page of ours.
        must_name = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if must_name and origin is None:
            return "a request that changes something must say where it comes from (Origin)"
        if self.token is None or self._is_token(_cookie(headers)) or self._brings_token(scope):
            return None
        return "open the address with the token that `chemtune review` printed"

    def _knows(self, host: str) -> bool:
        """Whether a Host header names this server by an address or a name that is its own."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        loopback = _is_loopback(self.host) or self.host in EVERYWHERE
        if name == "localhost" or _is_loopback(name):
            return loopback
        if self.host in EVERYWHERE:
            return _is_address(name) or name in (socket.gethostname(), socket.getfqdn())
        return name == self.host

    def _brings_token(self, scope: Scope) -> bool:
        if self.token is None or scope["type"] != "http" or scope["method"] != "GET":
            return False
        return any(name == "token" and self._is_token(value) for name, value in _query(scope))

    def _is_token(self, said: str) -> bool:
        return self.token is not None and hmac.compare_digest(said.encode(), self.token.encode())

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the token as a cookie, and out of the address, which histories and logs keep."""
        rest = urlencode([(name, value) for name, value in _query(scope) if name != "token"])
        # One slash alone: "//name" would be another server.
        path = "/" + scope["path"].lstrip("/\\")
        response = RedirectResponse(f"{path}?{rest}" if rest else path, 303)
        response.set_cookie(COOKIE, self.token or "", httponly=True, samesite="strict", path="/")
        await response(scope, receive, _with_headers(send))


def is_loopback(host: str) -> bool:
    """Whether an address to listen at is this machine's alone."""
    return host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _cookie(headers: dict[str, str]) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _with_headers(send: Send) -> Send:
    async def sends(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message["headers"]}
            ours = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in given]
            message = {**message, "headers": [*message["headers"], *ours]}
        await send(message)

    return sends
