"""Reading the formats that tasks ask for out of what a model wrote around them."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from chemtune.tasks.task import Unreadable

FENCE = re.compile(r"```[\w-]*\s*\n?(.*?)```", re.DOTALL)
BEGINNING = re.compile(r"[{\[]\s*[\"'{\[\d-]")
HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
SHOWN_CHARACTERS = 80


def find_value(reply: str, opening: str) -> Any:
    """Return the first JSON value in `reply` that begins with `opening`, "{" or "[".

    Code fences and text around it are passed over; a Python literal (single quotes, integer keys)
    is taken as well, as the paper's answers are written so.

    Raises:
        Unreadable: There is none, or it is cut off or malformed.
    """
    fenced = FENCE.search(reply)
    texts = [fenced[1], reply] if fenced else [reply]
    for text in texts:
        passed = 0
        for match in re.finditer(re.escape(opening), text):
            if match.start() < passed:
                continue
            rest = text[match.start() :]
            value = _value_at(rest)
            if value is not None:
                return _whole_characters(value)
            if BEGINNING.match(rest):
                # What stands inside a value that is cut off or malformed is not the answer.
                passed = match.start() + (_closing(rest) or len(rest))
    name = {"{": "JSON object", "[": "JSON list"}[opening]
    if opening in reply:
        raise Unreadable(f"the {name} is malformed or cut off: {excerpt(reply)}")
    raise Unreadable(f"holds no {name}: {excerpt(reply)}")


def find_object(reply: str) -> dict[str, Any]:
    """Return the first JSON object in `reply`, its keys as strings.

    Raises:
        Unreadable: There is none.
    """
    value = find_value(reply, "{")
    return {str(key): item for key, item in value.items()}


def text_fields(found: dict[str, Any], names: list[str]) -> dict[str, str]:
    """Return the fields `names` of an object as strings without space around them.

    Raises:
        Unreadable: A field is missing or is not text.
    """
    missing = [name for name in names if name not in found]
    if missing:
        raise Unreadable(f"the JSON object lacks {', '.join(missing)}")
    wrong = [name for name in names if not isinstance(found[name], str | int | float)]
    if wrong:
        raise Unreadable(f"{', '.join(wrong)} is not text: {excerpt(repr(found[wrong[0]]))}")
    return {name: str(found[name]).strip() for name in names}


def distinct(values: list[Any]) -> list[str]:
    """Return the non-empty texts among `values` in their order, each once; null is passed over.

    Raises:
        Unreadable: A value is a list or an object.
    """
    wrong = [value for value in values if not isinstance(value, str | int | float | None)]
    if wrong:
        raise Unreadable(f"a value is not text: {excerpt(repr(wrong[0]))}")
    texts = [str(value).strip() for value in values if isinstance(value, str | int | float)]
    return list(dict.fromkeys(text for text in texts if text))


def strict_object(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object with these properties, all required and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def departures(reply: str) -> str:
    """Say how a reply departs from being one JSON value and nothing else, or return ""."""
    text = reply.strip()
    try:
        json.loads(text, object_pairs_hook=_distinct_keys)
    except _RepeatedKey as error:
        return f"the key {error.args[0]!r} stands twice; the last one was taken"
    except (ValueError, RecursionError):
        pass  # in what way is told below
    else:
        return ""
    if FENCE.search(text):
        return "a code fence was taken away"
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return "text around the value was passed over, or it is no strict JSON"
    return f"{len(text) - end} characters after the value were passed over"


class _RepeatedKey(ValueError):
    pass


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKey(key)
        found[key] = value
    return found


def excerpt(reply: str) -> str:
    """Return the beginning of a reply as a message shows it."""
    text = " ".join(reply.split())
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…")


def _value_at(text: str) -> Any:
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
        return value
    except (ValueError, RecursionError):  # ValueError is also a number of 5,000 digits
        pass  # not JSON as it stands: tried as a Python literal below
    end = _closing(text)
    if end is None:
        return None
    try:
        value = ast.literal_eval(text[:end])
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None  # TypeError is {["a"]: 1}
    return value if isinstance(value, dict | list) else None


def _whole_characters(value: Any) -> Any:
    """`value` as it is, unless a text of it holds half a character, which no file can hold."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str) and HALF_CHARACTER.search(item):
            raise Unreadable(f"holds half a character: {excerpt(repr(item))}")
        if isinstance(item, dict):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            pending += item
    return value


def _closing(text: str) -> int | None:
    """The offset past the bracket that closes the first one, strings passed over, or None."""
    depth, quote, escaped = 0, "", False
    for offset, character in enumerate(text):
        if quote:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
            if depth == 0:
                return offset + 1
    return None
