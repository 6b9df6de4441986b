"""A teacher behind an OpenAI-compatible chat endpoint: a cloud, vLLM, SGLang, Ollama."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import orjson

from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.teachers.limits import Limits
from chemtune.teachers.reply import chat_reply
from chemtune.teachers.teacher import Reply, Request, RequestRefused, TryAgain
from chemtune.teachers.wire import (
    addresses,
    checked_key,
    environment_proxy,
    is_azure,
    parsed,
    response_format,
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


class EndpointTeacher:
    """Asks a chat-completions endpoint, once for each call of `answer`.

    The canonical request holds what is wished for: a JSON schema under `json_schema` "auto" as
    well, although a server that knows none is asked the same without. So a reply has one key,
    whatever the server turned out to be able to, and is not bought twice.

    Args:
        base_url: The address up to `/v1`; one that ends in `/chat/completions` is taken as well.
        model: The model's name at the endpoint.
        flavour: "azure" sends the key as `api-key`; "auto" tells by the address.
        api_version: Of Azure OpenAI; put into the address.
        json_schema: Whether a request's schema is sent as `response_format`; "auto" stops at the
            first server that refuses it.
        rpm: Requests a minute that are allowed; None learns them from the server's headers.
        tpm: Tokens a minute, likewise.
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
        flavour: Literal["auto", "openai", "azure"] = "auto",
        api_version: str | None = None,
        json_schema: Literal["auto", "on", "off"] = "auto",
        rpm: float | None = None,
        tpm: float | None = None,
        concurrency: int = 8,
        timeout_s: float = 120.0,
        retries: int = 5,
        backoff_s: float = 1.0,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.base_url, self.url = addresses(base_url, api_version)
        self.model = model
        self.max_tokens = max_tokens
        self.limits = Limits(rpm, tpm)
        self._azure = flavour == "azure" or (flavour == "auto" and is_azure(self.url))
        self.name = f"endpoint:{model}"
        self.concurrency = concurrency
        self.timeout_s = timeout_s
        self.retries, self.backoff_s = retries, backoff_s
        self._key = checked_key(api_key)
        self._parameters = _parameters(temperature, max_tokens, seed, extra or {})
        self._schemas = json_schema
        self._refused_fields: set[str] = set()
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"EndpointTeacher({self.base_url!r}, {self.model!r})"

    def canonical(self, request: Request) -> dict[str, Any]:
        """Return the address and the whole body."""
        return {"kind": "endpoint", "base_url": self.base_url, "body": self._body(request)}

    async def answer(self, request: Request) -> bytes:
        """Return the body of the endpoint's reply, a JSON object; tries once.

        Raises:
            TryAgain: The endpoint is busy, broken or out of reach for now.
            RequestRefused: The endpoint does not take this request.
            InputError: The key, model or address is wrong.
            ChemtuneError: The endpoint will give no answer.
        """
        status, headers, raw = await self._post(orjson.dumps(self._sent(request)))
        self.limits.told(headers)
        if status == 400 and self._learned(parsed(raw), raw, request):
            return await self.answer(request)
        return self._judged(status, headers, raw)

    def read(self, raw: bytes) -> Reply:
        """Return the first choice's text; a reply cut at `max_tokens` has `finish_reason` length.

        Raises:
            RequestRefused: The body has no choice, or its content is empty.
        """
        return chat_reply(raw, self.model)

    async def __aenter__(self) -> Self:
        import aiohttp

        headers = {"Content-Type": "application/json"}
        if self._key:
            name, value = ("api-key", "") if self._azure else ("Authorization", "Bearer ")
            headers[name] = value + self._key
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
        """What is wished for, which is also what the journal knows the reply by."""
        body = {"model": self.model, "messages": request.messages, **self._parameters}
        if request.schema is not None and self._schemas != "off":
            body.setdefault("response_format", response_format(request.task, request.schema))
        return body

    def _sent(self, request: Request) -> dict[str, Any]:
        """What is sent: without the fields that this server turned out not to take."""
        body = self._body(request)
        if "response_format" in self._refused_fields and "response_format" not in self._parameters:
            body.pop("response_format", None)
        if "max_tokens" in self._refused_fields:
            body["max_completion_tokens"] = body.pop("max_tokens", None)
        return body

    def _learned(self, body: Any, raw: bytes, request: Request) -> bool:
        """Whether a 400 says that the server does not take a field that can be left out."""
        said = server_message(body, raw)
        refused = None
        if "max_completion_tokens" in said and "max_tokens" in self._sent(request):
            refused = "max_tokens"
        elif (
            self._schemas == "auto"
            and "response_format" in self._sent(request)
            and "response_format" not in self._parameters
            and any(word in said for word in ("response_format", "json_schema", "grammar"))
        ):
            refused = "response_format"
        if refused is None or refused in self._refused_fields:
            return False
        self._refused_fields.add(refused)
        return True

    async def _post(self, payload: bytes) -> tuple[int, Mapping[str, str], bytes]:
        import aiohttp

        if self._session is None:
            raise RuntimeError("an EndpointTeacher answers only inside `async with`")
        try:
            async with self._session.post(
                self.url, data=payload, allow_redirects=False
            ) as response:
                return response.status, response.headers, await _read_body(response)
        except aiohttp.ClientConnectorCertificateError as error:
            fault = f"the certificate of {self.url} is not trusted: {error.certificate_error}"
            failure: Exception = ChemtuneError(f"{fault}; name your authority in SSL_CERT_FILE")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            failure = TryAgain(self._shown(error), where=self.url)
        except TimeoutError:
            failure = self._broken(f"no whole reply within {self.timeout_s:g} s")
        except (aiohttp.ClientError, OSError) as error:
            failure = self._broken(f"{type(error).__name__}: {error}")
        # Raised out here because aiohttp's errors carry the request's headers, and so the key.
        raise failure

    def _broken(self, reason: str) -> TryAgain:
        return TryAgain(self._shown(reason), where=self.url, answered=True, charged=True)

    def _judged(self, status: int, headers: Mapping[str, str], raw: bytes) -> bytes:
        body = parsed(raw)
        if status < 300:
            if not isinstance(body, dict):
                raise self._broken(f"HTTP {status} with a body that is no JSON object")
            if not (body.get("error") and "choices" not in body):
                return self._without_key(raw)
            # Some gateways tell of an error under HTTP 200; nothing was bought.
            code = body["error"].get("code") if isinstance(body["error"], dict) else None
            status = code if isinstance(code, int) and 400 <= code < 600 else 500
        said = self._shown(server_message(body, raw))
        if status in _TRANSIENT or status >= 500:
            raise TryAgain(
                f"HTTP {status}: {said}",
                where=self.url,
                wait_s=retry_after_s(headers.get("Retry-After")),
                overloaded=status in _OVERLOADED,
                answered=status == 500,
                charged=status in (500, 502, 504),
            )
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

    def _shown(self, text: object) -> str:
        shown = str(text)
        return shortened(shown.replace(self._key, "[key]") if self._key else shown)

    def _without_key(self, raw: bytes) -> bytes:
        if self._key and len(self._key) >= _SECRET_LENGTH:
            return raw.replace(self._key.encode(), b"[key]")
        return raw


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
