"""OpenAI's chat protocol over HTTP, as far as a model of ours can speak it."""

from __future__ import annotations

import hmac
import ipaddress
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from chemtune.models.template import Template
from chemtune.progress import say
from chemtune.use.chat_request import BadRequest, ChatRequest, read_request
from chemtune.use.streaming import Answer, Decoding, Speaker
from chemtune.use.voice import Voice

LARGEST_BODY = 4 * 2**20
MOST_WAITING = 256
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Served:
    """What a server serves.

    Attributes:
        speakers: The models by the names that they are asked by.
        voice: Answers in turn.
        template: Makes messages tokens.
        context: The longest prompt and answer together, in tokens.
        max_tokens: Of an answer, where the request does not say.
        key: What requests have to bring as their bearer token, or None.
        local_only: Serve only requests that name this machine as their host.
        started: When, in seconds since 1970.
    """

    speakers: dict[str, Speaker]
    voice: Voice
    template: Template
    context: int
    max_tokens: int
    key: str | None = None
    local_only: bool = True
    started: int = 0


def make_app(served: Served) -> web.Application:
    """Return the application: /v1/models, /v1/chat/completions and /health."""
    completions = _Completions(served)

    async def models(_: web.Request) -> web.Response:
        listed = [_model(name, served.started) for name in served.speakers]
        return _json({"object": "list", "data": listed})

    async def model(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        completions.speaker(name)
        return _json(_model(name, served.started))

    async def health(_: web.Request) -> web.Response:
        return _json({"status": "ok", "waiting": served.voice.waiting})

    app = web.Application(middlewares=[_errors, _guard(served)], client_max_size=LARGEST_BODY)
    app.router.add_get("/health", health)
    app.router.add_get("/v1/models", models)
    app.router.add_get("/v1/models/{name:.+}", model)
    app.router.add_post("/v1/chat/completions", completions.handle)
    return app


def _model(name: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": "chemtune"}


class _Completions:
    def __init__(self, served: Served) -> None:
        self._served = served

    def speaker(self, name: str) -> Speaker:
        speaker = self._served.speakers.get(name)
        if speaker is None:
            known = ", ".join(self._served.speakers)
            message = f"there is no model {name!r}; there is {known}"
            raise BadRequest(message, "model", status=404, code="model_not_found")
        return speaker

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            message = f"the content type is {request.content_type!r}, not application/json"
            raise BadRequest(message, status=415)
        asked = read_request(await request.read())
        speaker = self.speaker(asked.model)
        prompt, decoding = self._prompt(asked)
        if self._served.voice.waiting >= MOST_WAITING:
            message = f"{MOST_WAITING} requests are waiting; try again later"
            raise BadRequest(message, status=429, code="rate_limit_exceeded")
        answer = Answer()
        said = self._served.voice.answer(speaker, prompt, decoding, answer)
        name = f"chatcmpl-{uuid.uuid4().hex}"
        async with aclosing(said) as pieces:
            if asked.stream:
                return await _streamed(request, asked, name, pieces, answer, len(prompt))
            text = "".join([piece async for piece in pieces])
        if answer.finish == "cancelled":
            raise BadRequest("the server is stopping", status=503)
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text, "refusal": None},
            "logprobs": None,
            "finish_reason": answer.finish,
        }
        body = _head(name, asked.model, "chat.completion") | {"choices": [choice]}
        return _json(body | {"usage": _usage(len(prompt), answer)})

    def _prompt(self, asked: ChatRequest) -> tuple[list[int], Decoding]:
        served = self._served
        try:
            prompt = served.template.prompt_ids(asked.messages)
        except Exception as error:  # what a model's own template raises: on the order of roles, say
            reason = str(error).partition("\n")[0]
            message = f"the model's template does not take these messages: {reason}"
            raise BadRequest(message, "messages") from None
        room = served.context - len(prompt)
        wanted = asked.max_tokens or min(served.max_tokens, max(room, 1))
        if wanted > room:
            message = (
                f"the model's context is {served.context} tokens; the messages have {len(prompt)} "
                f"and the answer may have {wanted}"
            )
            field = "max_tokens" if room > 0 else "messages"
            raise BadRequest(message, field, code="context_length_exceeded")
        decoding = Decoding(wanted, asked.temperature, asked.top_p, asked.seed, asked.stops)
        return prompt, decoding


async def _streamed(
    request: web.Request,
    asked: ChatRequest,
    name: str,
    pieces: AsyncIterator[str],
    answer: Answer,
    prompt_tokens: int,
) -> web.StreamResponse:
    """Send an answer as server-sent events, one a piece."""
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    head = _head(name, asked.model, "chat.completion.chunk")

    async def send(delta: dict[str, str], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        await _event(response, head | {"choices": [choice]})

    await send({"role": "assistant", "content": ""})
    try:
        async for piece in pieces:
            await send({"content": piece})
    except (ConnectionError, OSError):
        raise
    except Exception as error:  # the status is sent already: the error goes where the rest would
        say(f"an answer failed: {type(error).__name__}: {error}")
        await _event(response, _error("the model failed; see the server's log", None, None, 500))
    else:
        if answer.finish == "cancelled":
            await _event(response, _error("the server is stopping", None, None, 503))
        else:
            await send({}, answer.finish)
            if asked.stream_usage:
                usage = _usage(prompt_tokens, answer)
                await _event(response, head | {"choices": [], "usage": usage})
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


async def _event(response: web.StreamResponse, body: dict[str, Any]) -> None:
    await response.write(b"data: " + orjson.dumps(body) + b"\n\n")


def _head(name: str, model: str, kind: str) -> dict[str, Any]:
    return {"id": name, "object": kind, "created": int(time.time()), "model": model}


def _usage(prompt_tokens: int, answer: Answer) -> dict[str, int]:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": answer.tokens,
        "total_tokens": prompt_tokens + answer.tokens,
    }


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    raw = orjson.dumps(body)
    return web.Response(body=raw, status=status, content_type="application/json", headers=headers)


def _error(message: str, field: str | None, code: str | None, status: int) -> dict[str, Any]:
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    kind = "server_error" if status >= 500 else kinds.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": field, "code": code}}


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error in OpenAI's shape."""
    headers = None
    try:
        return await handler(request)
    except BadRequest as error:
        body = _error(error.message, error.field, error.code, error.status)
        headers = {"Retry-After": "5"} if error.status in (429, 503) else None
        return _json(body, error.status, headers)
    except web.HTTPRequestEntityTooLarge:
        message = f"the body is larger than {LARGEST_BODY} bytes"
        return _json(_error(message, None, None, 413), 413)
    except web.HTTPException as error:
        message = f"{error.reason}: {request.method} {request.path}"
        return _json(_error(message, None, None, error.status), error.status)
    except ConnectionError:
        raise
    except Exception as error:  # a bug, or the model's: told to who serves, and to nobody else
        say(f"a request failed: {type(error).__name__}: {error}")
        return _json(_error("the model failed; see the server's log", None, None, 500), 500)


def _guard(served: Served) -> Any:
    """Who may ask: who has the key; and on this machine alone, no web page of elsewhere."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        # A page whose name leads here (DNS rebinding) is of our origin to a browser.
        if served.local_only and not _is_local(request.host):
            raise BadRequest(f"requests to {request.host!r} are not served", status=403)
        if served.key is not None and request.path != "/health":
            given = request.headers.get("Authorization", "")
            wanted = f"Bearer {served.key}"
            if not hmac.compare_digest(given.encode(), wanted.encode()):
                message = "the key is missing or wrong (Authorization: Bearer ...)"
                raise BadRequest(message, status=401, code="invalid_api_key")
        return await handler(request)

    return guard


def _is_local(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
