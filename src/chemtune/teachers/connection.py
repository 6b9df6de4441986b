"""HTTP to an OpenAI-compatible server: sending once, judging what came, never showing the key."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from chemtune.errors import ChemtuneError, InputError
from chemtune.teachers.teacher import RequestRefused, TryAgain
from chemtune.teachers.wire import (
    checked_key,
    environment_proxy,
    parsed,
    retry_after_s,
    server_message,
    shortened,
)

if TYPE_CHECKING:
    import aiohttp

CONNECT_TIMEOUT_S = 30.0
# No chat reply is as long; a body without end would fill the memory and the journal.
MOST_BODY = 4 * 2**20

_TRANSIENT = {408, 409, 429}
_OVERLOADED = {429, 503, 529}
# Shorter keys are placeholders such as "EMPTY", which a reply may rightly contain.
_SECRET_LENGTH = 8


class Connection:
    """A session with one server; it is entered before the first request and left after the last.

    Args:
        base_url: The server's address up to the version, for messages and the proxy.
        key: Sent with every request. It is never shown, journaled or logged.
        azure: Send the key as `api-key`, not as a bearer token.
        timeout_s: Seconds until one request is given up.
        connections: Most at a time.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None,
        *,
        azure: bool = False,
        timeout_s: float = 120.0,
        connections: int = 8,
    ) -> None:
        self.base_url = base_url
        self.timeout_s = timeout_s
        self._key = checked_key(key)
        self._azure = azure
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        import aiohttp

        headers = {}
        if self._key:
            name, value = ("api-key", "") if self._azure else ("Authorization", "Bearer ")
            headers[name] = value + self._key
        self._session = aiohttp.ClientSession(
            headers=headers,
            timeout=aiohttp.ClientTimeout(
                total=self.timeout_s, sock_connect=min(CONNECT_TIMEOUT_S, self.timeout_s)
            ),
            connector=aiohttp.TCPConnector(limit=self._connections),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=environment_proxy(self.base_url),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(
        self, url: str, *, json: bytes | None = None, form: Any = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request, POST where it has a body; returns status, headers and body.

        Raises:
            TryAgain: There is no whole answer.
            RequestRefused: The answer is longer than 4 MiB.
            ChemtuneError: The server's certificate is not trusted.
        """
        headers = {"Content-Type": "application/json"} if json is not None else None
        data = form if json is None else json
        async with self._explained(url):
            method = "GET" if data is None else "POST"
            async with self._open().request(
                method, url, data=data, headers=headers, allow_redirects=False
            ) as response:
                return response.status, response.headers, await _read_body(response)
        raise AssertionError("unreachable")

    async def parts(self, url: str) -> AsyncGenerator[bytes]:
        """Yield the body of a GET in parts, however long it is; see `send` and `judged`."""
        async with self._explained(url), self._open().get(url, allow_redirects=False) as response:
            if response.status >= 300:
                self.judged(url, response.status, response.headers, await _read_body(response))
            async for part in response.content.iter_any():
                yield part

    def judged(self, url: str, status: int, headers: Mapping[str, str], raw: bytes) -> bytes:
        """Return a good body, a JSON object, without the key should it hold it.

        Raises:
            TryAgain: The server is busy or broken for now.
            RequestRefused: The server does not take this request.
            InputError: The key, model or address is wrong.
            ChemtuneError: The server will give no answer.
        """
        body = parsed(raw)
        if status < 300:
            if not isinstance(body, dict):
                raise self._broken(url, f"HTTP {status} with a body that is no JSON object")
            if not (body.get("error") and "choices" not in body):
                return self.without_key(raw)
            # Some gateways tell of an error under HTTP 200; nothing was bought.
            code = body["error"].get("code") if isinstance(body["error"], dict) else None
            status = code if isinstance(code, int) and 400 <= code < 600 else 500
        said = self.shown(server_message(body, raw))
        if status in _TRANSIENT or status >= 500:
            raise TryAgain(
                f"HTTP {status}: {said}",
                where=url,
                wait_s=retry_after_s(headers.get("Retry-After")),
                overloaded=status in _OVERLOADED,
                answered=status >= 500 and status not in _OVERLOADED,
                charged=status in (500, 502, 504),
            )
        raise self._refusal(url, status, said, headers.get("Location"))

    def shown(self, text: object) -> str:
        """Return a text for a message: short, on one line, without the key."""
        shown = str(text)
        return shortened(shown.replace(self._key, "[key]") if self._key else shown)

    def without_key(self, raw: bytes) -> bytes:
        """Return a body without the key, should a server repeat it."""
        if self._key and len(self._key) >= _SECRET_LENGTH:
            return raw.replace(self._key.encode(), b"[key]")
        return raw

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("a teacher answers only inside `async with`")
        return self._session

    @asynccontextmanager
    async def _explained(self, url: str) -> AsyncIterator[None]:
        import aiohttp

        try:
            yield
            return
        except aiohttp.ClientConnectorCertificateError as error:
            fault = f"the certificate of {url} is not trusted: {error.certificate_error}"
            failure: Exception = ChemtuneError(f"{fault}; name your authority in SSL_CERT_FILE")
        except aiohttp.ClientConnectorError as error:
            why = error.os_error.strerror or error.os_error
            fault = f"cannot connect to {error.host}:{error.port}: {why}"
            failure = TryAgain(
                self.shown(f"{fault} (check base_url; does the server run?)"), where=url
            )
        except aiohttp.ConnectionTimeoutError as error:
            failure = TryAgain(self.shown(error), where=url)
        except TimeoutError:
            failure = self._broken(url, f"no whole reply within {self.timeout_s:g} s")
        except (aiohttp.ClientError, OSError) as error:
            failure = self._broken(url, f"{type(error).__name__}: {error}")
        # Raised out here because aiohttp's errors carry the request's headers, and so the key.
        raise failure

    def _broken(self, url: str, reason: str) -> TryAgain:
        return TryAgain(self.shown(reason), where=url, answered=True, charged=True)

    def _refusal(self, url: str, status: int, said: str, location: str | None) -> Exception:
        if status in (400, 413, 422):
            return RequestRefused(f"HTTP {status}: {said}")
        if status in (401, 403):
            key = "refuses the key" if self._key else "wants a key, and none was given"
            remedy = "check the variable that api_key_env names"
            return InputError(f"{self.base_url} {key} (HTTP {status}): {said} ({remedy})")
        if status == 404:
            address = (
                "base_url"
                if urlsplit(self.base_url).path
                else "base_url, which mostly ends in /v1,"
            )
            return InputError(f"{url}: HTTP 404: {said} (check {address} and model)")
        if 300 <= status < 400:
            moved = "" if location is None else self.shown(f" to {location}")
            return InputError(f"{url} is redirected{moved} (HTTP {status}; mend base_url)")
        return ChemtuneError(f"{url}: HTTP {status}: {said}")


async def _read_body(response: aiohttp.ClientResponse) -> bytes:
    length = response.content_length
    if length is not None and length <= MOST_BODY:
        return await response.read()
    parts: list[bytes] = []
    read = 0
    async for part in response.content.iter_any():
        parts.append(part)
        read += len(part)
        if read > MOST_BODY:
            response.close()
            raise RequestRefused(f"the reply is longer than {MOST_BODY // 2**20} MiB")
    return b"".join(parts)
