"""A teacher behind an OpenAI-compatible chat endpoint: a cloud, vLLM, SGLang, Ollama."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, Self

import orjson

from chemtune.errors import InputError, Problem
from chemtune.teachers.connection import Connection
from chemtune.teachers.limits import Limits
from chemtune.teachers.reply import chat_reply
from chemtune.teachers.teacher import Reply, Request
from chemtune.teachers.wire import addresses, is_azure, parsed, response_format, server_message

_OWN_FIELDS = {"model", "messages", "stream", "temperature", "max_tokens", "seed"}


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
        azure = flavour == "azure" or (flavour == "auto" and is_azure(self.url))
        self.connection = Connection(
            self.base_url, api_key, azure=azure, timeout_s=timeout_s, connections=concurrency
        )
        self.name = f"endpoint:{model}"
        self.concurrency = concurrency
        self.timeout_s = timeout_s
        self.retries, self.backoff_s = retries, backoff_s
        self._parameters = _parameters(temperature, max_tokens, seed, extra or {})
        self._schemas = json_schema
        self._refused_fields: set[str] = set()

    def __repr__(self) -> str:
        return f"EndpointTeacher({self.base_url!r}, {self.model!r})"

    def canonical(self, request: Request) -> dict[str, Any]:
        """Return the address and the whole body."""
        return {"kind": "endpoint", "base_url": self.base_url, "body": self._wished(request)}

    async def answer(self, request: Request) -> bytes:
        """Return the body of the endpoint's reply, a JSON object; tries once.

        Raises:
            TryAgain: The endpoint is busy, broken or out of reach for now.
            RequestRefused: The endpoint does not take this request.
            InputError: The key, model or address is wrong.
            ChemtuneError: The endpoint will give no answer.
        """
        sent = self.sent(self._wished(request))
        status, headers, raw = await self.connection.send(self.url, json=orjson.dumps(sent))
        self.limits.told(headers)
        if status == 400 and self.learned(raw, sent):
            return await self.answer(request)
        return self.connection.judged(self.url, status, headers, raw)

    def read(self, raw: bytes) -> Reply:
        """Return the first choice's text; a reply cut at `max_tokens` has `finish_reason` length.

        Raises:
            RequestRefused: The body has no choice, or its content is empty.
        """
        return chat_reply(raw, self.model)

    async def __aenter__(self) -> Self:
        await self.connection.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.connection.__aexit__(*error)

    def _wished(self, request: Request) -> dict[str, Any]:
        """What is wished for, which is also what the journal knows the reply by."""
        body = {"model": self.model, "messages": request.messages, **self._parameters}
        if request.schema is not None and self._schemas != "off":
            body.setdefault("response_format", response_format(request.task, request.schema))
        return body

    def sent(self, wished: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body to send: without the fields that this server turned out not to take.

        Args:
            wished: The body of a canonical request.
        """
        body = dict(wished)
        if "response_format" in self._refused_fields and "response_format" not in self._parameters:
            body.pop("response_format", None)
        if "max_tokens" in self._refused_fields:
            body["max_completion_tokens"] = body.pop("max_tokens", None)
        return body

    def learned(self, raw: bytes, sent: Mapping[str, Any]) -> bool:
        """Whether the body of a 400 tells of a field that can be left out from now on.

        Args:
            raw: The body of the 400.
            sent: The body that met it. Others may have learned the same in the meantime.
        """
        said = server_message(parsed(raw), raw)
        if "max_completion_tokens" in said and "max_tokens" in sent:
            self._refused_fields.add("max_tokens")
            return True
        if (
            self._schemas == "auto"
            and "response_format" in sent
            and "response_format" not in self._parameters
            and any(word in said for word in ("response_format", "json_schema", "grammar"))
        ):
            self._refused_fields.add("response_format")
            return True
        return False


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
