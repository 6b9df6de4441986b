"""What a chat endpoint's HTTP says and wants said: addresses, proxies, Retry-After, errors."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit, urlunsplit

import orjson

from chemtune.errors import InputError, Problem

RETRY_AFTER_CAP_S = 120.0
SHOWN_CHARACTERS = 300

_SECRET_PARAMETERS = {"key", "api_key", "api-key", "apikey", "token", "access_token"}


def addresses(base_url: str, api_version: str | None = None) -> tuple[str, str]:
    """Return the address up to the version, and that of its chat completions."""
    if api_version and "api-version=" not in base_url:
        joint = "&" if "?" in base_url else "?"
        base_url = f"{base_url}{joint}api-version={quote(api_version)}"
    if "@" in base_url or any(
        name.lower() in _SECRET_PARAMETERS for name, _ in parse_qsl(base_url.partition("?")[2])
    ):
        fault = "the address holds a password or key"
        raise InputError(
            Problem(fault, field="base_url", remedy="name its variable in api_key_env")
        )
    try:
        parts = urlsplit(base_url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        fault, remedy = f"{base_url!r} is no address", "for example http://localhost:8000/v1"
        raise InputError(Problem(fault, field="base_url", remedy=remedy))
    if is_azure(base_url):
        _check_azure(parts)
    path = parts.path.rstrip("/").removesuffix("/chat/completions").rstrip("/")
    base = parts._replace(path=path, fragment="")
    return urlunsplit(base), urlunsplit(base._replace(path=f"{path}/chat/completions"))


def _check_azure(parts: SplitResult) -> None:
    """Find what Azure would answer by a mere 404."""
    if "/openai" not in parts.path:
        fault = f"{urlunsplit(parts)!r} names no deployment"
        remedy = f"for example https://{parts.hostname}/openai/deployments/DEPLOYMENT"
        raise InputError(Problem(fault, field="base_url", remedy=remedy))
    if "/deployments/" in parts.path and "api-version=" not in parts.query:
        fault = "Azure OpenAI wants a version for the address of a deployment"
        remedy = "for example api_version: 2024-10-21"
        raise InputError(Problem(fault, field="api_version", remedy=remedy))


def is_azure(url: str) -> bool:
    """Whether an address is one of Azure OpenAI's, which takes its key in a header of its own."""
    host = urlsplit(url).hostname or ""
    return host.endswith((".openai.azure.com", ".cognitiveservices.azure.com"))


def response_format(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the field of a request that holds its reply to a JSON schema."""
    held = {"name": name, "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": held}


def checked_key(key: str | None) -> str | None:
    """Return a key that a header can carry, or None; the error does not show it."""
    if key and not (key.isascii() and key.isprintable()):
        remedy = "check the variable for line breaks and quotes"
        raise InputError(Problem("the key holds a character that no key has", remedy=remedy))
    return key or None


def retry_after_s(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, from 0 to 120; None for no sense."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return None if math.isnan(seconds) else min(max(seconds, 0.0), RETRY_AFTER_CAP_S)


def environment_proxy(address: str) -> str | None:
    """Return the environment's proxy, which aiohttp would only take together with ~/.netrc."""
    from urllib.request import getproxies, proxy_bypass

    url = urlsplit(address)
    host = url.hostname or ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost" or host.endswith(".localhost")
    proxy = None if loopback or proxy_bypass(host) else getproxies().get(url.scheme)
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if not proxy.startswith(("http://", "https://")):
        # Not shown, for it may hold a password.
        fault = f"the proxy in {url.scheme}_proxy is no HTTP proxy"
        raise InputError(
            Problem(fault, remedy=f"unset {url.scheme}_proxy, or add {host} to no_proxy")
        )
    return proxy


def parsed(raw: bytes) -> Any:
    """Return the JSON value of a body, or None when it is none."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def server_message(body: Any, raw: bytes) -> str:
    """Return what an error body says: OpenAI's error.message, FastAPI's detail, or the text."""
    if isinstance(body, dict):
        error = body.get("error")
        said = error.get("message") if isinstance(error, dict) else error
        said = said or body.get("message") or body.get("detail")
        if said:
            return str(said)
    return raw.decode(errors="replace") or "no message"


def content_text(content: Any) -> str:
    """Return the text of a message's content, which may be a list of parts."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def shortened(text: str) -> str:
    """Return a text on one line, cut to what an error message can bear."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 3] + "..."
