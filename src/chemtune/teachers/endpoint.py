"""A teacher behind an OpenAI-compatible chat endpoint: a cloud, vLLM, SGLang, Ollama."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import orjson

from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.teachers.teacher import Reply, Request, RequestRefused
from chemtune.teachers.wire import (
    RETRY_AFTER_CAP_S,
    addresses,
    checked_key,
    content_text,
    environment_proxy,
    parsed,
    retry_after_s,
    server_message,
    shortened,
)

if TYPE_CHECKING:
    import aiohttp

BACKOFF_CAP_S = 60.0
CONNECT_TIMEOUT_S = 30.0
GIVE_UP_AFTER = 3

_TRANSIENT = {408, 409, 429}
_OWN_FIELDS = {"model", "messages", "stream", "temperature", "max_tokens", "seed"}
# Shorter keys are placeholders such as "EMPTY", which a reply may rightly contain.
_SECRET_LENGTH = 8


def api_key_from_env(variable: str | None) -> str | None:
    """Return the API key in an environment variable; None when no variable is named.

    Raises:
        InputError: The variable is unset or empty.
    """
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        state = "empty" if variable in os.environ else "not set"
        raise InputError(
            Problem(
                f"the environment variable {variable} is {state}",
                field="api_key_env",
                remedy=f"export {variable}=...",
            )
        )
    return key


@dataclass(frozen=True)
class _Failure:
    """A try that may be repeated. `answered`: the server is there, the request may be at fault."""

    reason: str
    wait_s: float | None = None
    answered: bool = False


class EndpointTeacher:
    """Asks a chat-completions endpoint and tries again when it fails for a while.

    A request that keeps failing on a server that answers others is refused; after
    `GIVE_UP_AFTER` such requests in a row, or when the server cannot be reached, is
    overloaded, or refuses the key, the run is stopped with an error.

    Args:
        base_url: The address up to `/v1`; one that ends in `/chat/completions` is taken as well.
        model: The model's name at the endpoint.
        api_key: Sent as a bearer token. It is never shown, journaled or logged.
        temperature: Sampling temperature; None leaves it to the server.
        max_tokens: Most tokens of a reply; None leaves it to the server.
        seed: Sampling seed, for servers that take one.
        concurrency: Most requests in flight.
        timeout_s: Seconds until one try is given up.
        retries: Tries after the first.
        backoff_s: Seconds before the first retry, doubled for each further one.
        extra: Further fields of the request body, such as `response_format`.

    Raises:
        InputError: An address, key or field that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str | None,
        temperature: float | None = 0.0,
        max_tokens: int | None = 1024,
        seed: int | None = None,
        concurrency: int = 8,
        timeout_s: float = 120.0,
        retries: int = 5,
        backoff_s: float = 1.0,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.base_url, self.url = addresses(base_url)
        self.model = model
        self.name = f"endpoint:{model}"
        self.concurrency = concurrency
        self.timeout_s = timeout_s
        self.retries, self.backoff_s = retries, backoff_s
        self._key = checked_key(api_key)
        self._parameters = _parameters(temperature, max_tokens, seed, extra or {})
        self._session: aiohttp.ClientSession | None = None
        self._failed_in_row = 0

    def __repr__(self) -> str:
        return f"EndpointTeacher({self.base_url!r}, {self.model!r})"

    def canonical(self, request: Request) -> dict[str, Any]:
        """Return the address and the whole body."""
        return {"kind": "endpoint", "base_url": self.base_url, "body": self._body(request)}

    async def answer(self, request: Request) -> bytes:
        """Return the body of the endpoint's reply, a JSON object.

        Raises:
            RequestRefused: The endpoint does not take this request, or keeps failing on it.
            InputError: The key, model or address is wrong.
            ChemtuneError: The endpoint gives no answer.
        """
        payload = orjson.dumps(self._body(request))
        outcome = await self._try(payload)
        for tries in range(self.retries):
            if isinstance(outcome, bytes):
                break
            await asyncio.sleep(self._delay(tries, outcome.wait_s))
            outcome = await self._try(payload)
        if isinstance(outcome, bytes):
            self._failed_in_row = 0
            return outcome
        self._failed_in_row += 1
        text = f"no answer from {self.url} after {self.retries + 1} tries: {outcome.reason}"
        if outcome.answered and self._failed_in_row < GIVE_UP_AFTER:
            raise RequestRefused(text)
        raise ChemtuneError(f"{text}; what is journaled is kept, run again to go on")

    def read(self, raw: bytes) -> Reply:
        """Return the first choice's text; a reply cut at `max_tokens` has `finish_reason` length.

        Raises:
            RequestRefused: The body has no choice, or its content is empty.
        """
        try:
            body = orjson.loads(raw)
            choice = body["choices"][0]
            message = choice["message"]
            text = content_text(message.get("content"))
        except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise RequestRefused("the reply holds no choices[0].message") from error
        finish = choice.get("finish_reason")
        if not text.strip():
            refusal = message.get("refusal")
            why = refusal if isinstance(refusal, str) and refusal else f"finish_reason {finish!r}"
            raise RequestRefused(f"the reply has no text: {shortened(why)}")
        usage = body.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        return Reply(
            text=text,
            model=str(body.get("model") or self.model),
            prompt_tokens=_count(usage.get("prompt_tokens")),
            completion_tokens=_count(usage.get("completion_tokens")),
            finish_reason=finish,
        )

    async def __aenter__(self) -> Self:
        import aiohttp

        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._session = aiohttp.ClientSession(
            headers=headers,
            timeout=aiohttp.ClientTimeout(
                total=self.timeout_s, sock_connect=min(CONNECT_TIMEOUT_S, self.timeout_s)
            ),
            connector=aiohttp.TCPConnector(limit=self.concurrency),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=environment_proxy(self.url),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _body(self, request: Request) -> dict[str, Any]:
        return {"model": self.model, "messages": list(request.messages), **self._parameters}

    async def _try(self, payload: bytes) -> bytes | _Failure:
        import aiohttp

        if self._session is None:
            raise RuntimeError("an EndpointTeacher answers only inside `async with`")
        try:
            async with self._session.post(
                self.url, data=payload, allow_redirects=False
            ) as response:
                raw = await response.read()
        except aiohttp.ClientConnectorCertificateError as error:
            fault = f"the certificate of {self.url} is not trusted: {error.certificate_error}"
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return _Failure(self._shown(error))
        except TimeoutError:
            return _Failure(f"no whole reply within {self.timeout_s:g} s", answered=True)
        except (aiohttp.ClientError, OSError) as error:
            return _Failure(self._shown(f"{type(error).__name__}: {error}"), answered=True)
        else:
            return self._judged(response.status, response.headers, raw)
        # Raised out here because aiohttp's errors carry the request's headers, and so the key.
        raise ChemtuneError(f"{fault}; name your authority in SSL_CERT_FILE")

    def _judged(self, status: int, headers: Mapping[str, str], raw: bytes) -> bytes | _Failure:
        body = parsed(raw)
        if status < 300:
            if not isinstance(body, dict):
                return _Failure(f"HTTP {status} with a body that is no JSON object", answered=True)
            if not (body.get("error") and "choices" not in body):
                return self._without_key(raw)
            # Some gateways tell of an error under HTTP 200; nothing was bought.
            code = body["error"].get("code") if isinstance(body["error"], dict) else None
            status = code if isinstance(code, int) and 400 <= code < 600 else 500
        said = self._shown(server_message(body, raw))
        if status in _TRANSIENT or status >= 500:
            wait_s = retry_after_s(headers.get("Retry-After"))
            return _Failure(f"HTTP {status}: {said}", wait_s, answered=status == 500)
        raise self._refusal(status, said, headers.get("Location"))

    def _refusal(self, status: int, said: str, location: str | None) -> Exception:
        if status in (400, 413, 422):
            return RequestRefused(f"HTTP {status}: {said}")
        if status in (401, 403):
            key = "refuses the key" if self._key else "wants a key, and none was given"
            remedy = "check the variable that api_key_env names"
            return InputError(f"{self.base_url} {key} (HTTP {status}): {said} ({remedy})")
        if status == 404:
            return InputError(f"{self.url}: HTTP 404: {said} (check base_url and model)")
        if 300 <= status < 400:
            moved = "" if location is None else self._shown(f" to {location}")
            return InputError(f"{self.url} is redirected{moved} (HTTP {status}; mend base_url)")
        return ChemtuneError(f"{self.url}: HTTP {status}: {said}")

    def _delay(self, tries: int, wait_s: float | None) -> float:
        """Return seconds until the next try, scattered so that requests do not return as one."""
        if wait_s is not None:
            return min(wait_s + random.uniform(0, self.backoff_s), RETRY_AFTER_CAP_S)
        return min(self.backoff_s * 2.0**tries, BACKOFF_CAP_S) * random.uniform(0.5, 1)

    def _shown(self, text: object) -> str:
        shown = str(text)
        return shortened(shown.replace(self._key, "[key]") if self._key else shown)

    def _without_key(self, raw: bytes) -> bytes:
        if self._key and len(self._key) >= _SECRET_LENGTH:
            return raw.replace(self._key.encode(), b"[key]")
        return raw


def _parameters(
    temperature: float | None, max_tokens: int | None, seed: int | None, extra: Mapping[str, Any]
) -> dict[str, Any]:
    if taken := sorted(_OWN_FIELDS & extra.keys()):
        fault = f"{', '.join(taken)} cannot be set here"
        raise InputError(Problem(fault, field="extra", remedy="use the teacher's own settings"))
    own = {
        # 0 and 0.0 are one request and must have one key.
        "temperature": None if temperature is None else float(temperature),
        "max_tokens": max_tokens,
        "seed": seed,
    }
    return {name: value for name, value in own.items() if value is not None} | dict(extra)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None
