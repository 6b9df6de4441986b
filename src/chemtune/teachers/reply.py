"""Reading a chat completion, as OpenAI's protocol writes it."""

from __future__ import annotations

from typing import Any

import orjson

from chemtune.teachers.teacher import Reply, RequestRefused
from chemtune.teachers.wire import content_text, shortened


def chat_reply(raw: bytes, model: str) -> Reply:
    """Return the first choice's text; a reply cut at the most tokens has `finish_reason` length.

    Args:
        raw: The body, a JSON object.
        model: The model's name, where the body does not say.

    Raises:
        RequestRefused: The body has no choice, its content is empty, or a filter stopped it.
    """
    try:
        body = orjson.loads(raw)
        choice = body["choices"][0]
        message = choice["message"]
        text = content_text(message.get("content"))
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise RequestRefused("the reply holds no choices[0].message") from error
    finish = choice.get("finish_reason")
    if finish == "content_filter":
        raise RequestRefused("the server's content filter stopped the reply")
    if not text.strip():
        refusal = message.get("refusal")
        why = refusal if isinstance(refusal, str) and refusal else f"finish_reason {finish!r}"
        raise RequestRefused(f"the reply has no text: {shortened(why)}")
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Reply(
        text=text,
        model=str(body.get("model") or model),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        finish_reason=finish,
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None
