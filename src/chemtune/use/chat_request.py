"""What a request for a chat completion asks; every field is honoured, or refused by its name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from chemtune.messages import Message

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
MOST_STOPS = 4
# What says nothing of the answer.
WITHOUT_EFFECT = frozenset(
    {"user", "metadata", "store", "safety_identifier", "prompt_cache_key", "service_tier"}
)
# Fields that can be refused, with the values that ask for nothing.
NOTHING: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logit_bias": ({},),
    "response_format": ({"type": "text"},),
    "tools": ([],),
    "tool_choice": ("none",),
    "parallel_tool_calls": (True, False),
    "functions": ([],),
    "function_call": ("none",),
    "modalities": (["text"],),
}


class BadRequest(Exception):
    """A request that cannot be answered.

    Attributes:
        message: What is wrong, in plain words.
        field: The field at fault, or None.
        status: The HTTP status.
        code: OpenAI's code of the error, or None.
    """

    def __init__(
        self, message: str, field: str | None = None, *, status: int = 400, code: str | None = None
    ) -> None:
        self.message, self.field, self.status, self.code = message, field, status, code
        super().__init__(message)


@dataclass(frozen=True)
class ChatRequest:
    """A request for a chat completion.

    Attributes:
        model: The model's name.
        messages: The conversation.
        max_tokens: Of the answer, or None.
        temperature: From 0 to 2.
        top_p: Above 0, up to 1.
        seed: Of the draws, or None.
        stops: Strings at which the answer ends.
        stream: Whether the answer comes in pieces.
        stream_usage: Whether the token counts come behind the pieces.
    """

    model: str
    messages: list[Message]
    max_tokens: int | None
    temperature: float
    top_p: float
    seed: int | None
    stops: tuple[str, ...]
    stream: bool
    stream_usage: bool


def read_request(raw: bytes) -> ChatRequest:
    """Read the body of a request.

    Raises:
        BadRequest: It is no JSON object, or a field is missing, wrong, or not supported.
    """
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise BadRequest("the body is not a JSON object")
    fields = {name: value for name, value in body.items() if value is not None}
    take = _Taking(fields)
    model = take("model", str, "a string")
    if model is None:
        raise BadRequest("model is missing", "model")
    stream = bool(take("stream", bool, "true or false"))
    request = ChatRequest(
        model=model,
        messages=_messages(take("messages", list, "a list of messages")),
        max_tokens=_max_tokens(take),
        temperature=_number(take, "temperature", 0.0, lambda t: 0 <= t <= 2, "from 0 to 2"),
        top_p=_number(take, "top_p", 1.0, lambda p: 0 < p <= 1, "above 0, up to 1"),
        seed=_seed(take),
        stops=_stops(fields.pop("stop", [])),
        stream=stream,
        stream_usage=_stream_usage(take, stream),
    )
    _refuse(fields)
    return request


class _Taking:
    """Takes fields out of a body, each once; what is left at the end is not supported."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def __call__(self, name: str, kind: type | tuple[type, ...], words: str) -> Any:
        value = self._fields.pop(name, None)
        if value is None:
            return None
        # true is an int to Python.
        wrong = not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        if wrong:
            raise BadRequest(f"{name} is not {words}: {_shown(value)}", name)
        return value


def _messages(given: list[Any] | None) -> list[Message]:
    if not given:
        raise BadRequest("messages is missing or empty", "messages")
    messages = [_message(value, f"messages[{at}]") for at, value in enumerate(given)]
    if messages[-1]["role"] == "assistant":
        raise BadRequest("the last message is the assistant's; ask something", "messages")
    return messages


def _message(value: Any, where: str) -> Message:
    if not isinstance(value, dict):
        raise BadRequest(f"{where} is not an object: {_shown(value)}", where)
    role = value.get("role")
    if not isinstance(role, str) or role not in ROLES:
        known = ", ".join(ROLES)
        raise BadRequest(f"{where}.role is {_shown(role)}; known are {known}", f"{where}.role")
    content = value.get("content")
    if isinstance(content, list):
        content = "".join(_part(part, f"{where}.content[{at}]") for at, part in enumerate(content))
    if not isinstance(content, str):
        raise BadRequest(f"{where}.content is no text: {_shown(content)}", f"{where}.content")
    return {"role": ROLES[role], "content": content}


def _part(part: Any, where: str) -> str:
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    kind = part.get("type") if isinstance(part, dict) else part
    raise BadRequest(f"{where} is no text part but {_shown(kind)}; text alone is read", where)


def _max_tokens(take: _Taking) -> int | None:
    given = None
    for name in ("max_tokens", "max_completion_tokens"):
        value = take(name, int, "a whole number")
        if value is not None and value < 1:
            raise BadRequest(f"{name} is {value}; 1 is the least", name)
        given = value if given is None else given
    return given


def _number(
    take: _Taking, name: str, default: float, allowed: Callable[[float], bool], words: str
) -> float:
    value = take(name, (int, float), "a number")
    if value is None:
        return default
    if not (math.isfinite(value) and allowed(value)):
        raise BadRequest(f"{name} is {value}; it has to be {words}", name)
    return float(value)


def _seed(take: _Taking) -> int | None:
    seed = take("seed", int, "a whole number")
    if seed is not None and not -(2**63) <= seed < 2**63:
        raise BadRequest(f"seed is {seed}; it has to fit 64 bits", "seed")
    return None if seed is None else int(seed)


def _stops(given: Any) -> tuple[str, ...]:
    stops = [given] if isinstance(given, str) else given
    if not (isinstance(stops, list) and all(isinstance(s, str) and s for s in stops)):
        raise BadRequest(f"stop is no text and no list of texts: {_shown(given)}", "stop")
    if len(stops) > MOST_STOPS:
        raise BadRequest(f"stop has {len(stops)} texts; {MOST_STOPS} are allowed", "stop")
    return tuple(stops)


def _stream_usage(take: _Taking, stream: bool) -> bool:
    options = take("stream_options", dict, "an object")
    if options is None:
        return False
    if not stream:
        raise BadRequest("stream_options goes with stream: true", "stream_options")
    unknown = sorted(set(options) - {"include_usage", "include_obfuscation"})
    if unknown:
        field = f"stream_options.{unknown[0]}"
        raise BadRequest(f"{field} is not supported", field)
    return options.get("include_usage") is True


def _refuse(fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if name in WITHOUT_EFFECT or value in NOTHING.get(name, ()):
            continue
        raise BadRequest(f"{name} is not supported: {_shown(value)}", name)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
