"""`serve`: the run's model for every program that speaks OpenAI's chat protocol."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.progress import say
from chemtune.teachers.wire import checked_key
from chemtune.use.completions import Served, make_app
from chemtune.use.opened import OpenedRun, open_run
from chemtune.use.streaming import speakers_of
from chemtune.use.voice import Voice

SHUTDOWN_S = 10.0
MAX_TOKENS = 1024


def serve(
    run: Path | str,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    api_key_env: str | None = None,
    max_tokens: int = MAX_TOKENS,
    untuned: bool = False,
    precision: str | None = None,
    on_start: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Serve the run's model over HTTP until Ctrl-C.

    A tuned run is served under its name, and without its adapter under "NAME-untuned"; where all
    weights were tuned there is no adapter to leave out.

    Args:
        run: The run's folder, or its recipe.
        host: The address to listen at.
        port: The port; 0 takes a free one.
        api_key_env: The environment variable whose value requests have to bring as their key.
        max_tokens: Of an answer, where a request does not say.
        untuned: Serve the base model alone.
        precision: See `open_run`.
        on_start: Told the address, such as "http://127.0.0.1:8000/v1", once it listens.

    Returns:
        `url`, `models`, `wall_s`, when it was stopped.

    Raises:
        InputError: The run or the key is not as it should be.
        ChemtuneError: The address cannot be listened at.
    """
    started = time.monotonic()
    key = _key(api_key_env)
    opened = open_run(run, untuned=untuned, precision=precision)
    _check_free(host, port)
    served = _served(opened, key, host, max_tokens)
    if not served.local_only and key is None:
        say(
            f"WARNING: {host} can be reached from other machines, and anybody there may use the "
            "model: there is no access control. Give --api-key-env NAME to ask for a key"
        )
    url = asyncio.run(_listen(served, host, port, on_start))
    return {
        "url": url,
        "models": list(served.speakers),
        "wall_s": round(time.monotonic() - started, 1),
    }


def _key(name: str | None) -> str | None:
    if name is None:
        return None
    key = checked_key(os.environ.get(name))
    if key is None:
        remedy = f"set {name}, or leave --api-key-env out"
        raise InputError(Problem(f"the variable {name} is not set", remedy=remedy))
    return key


def _served(opened: OpenedRun, key: str | None, host: str, max_tokens: int) -> Served:
    student = opened.load()
    name = opened.recipe.name
    found = speakers_of(student)
    names = {"tuned": name, "untuned": f"{name}-untuned" if "tuned" in found else name}
    return Served(
        speakers={names[which]: speaker for which, speaker in found.items()},
        voice=Voice(),
        template=student.template,
        context=student.context,
        max_tokens=max_tokens,
        key=key,
        local_only=_is_loopback(host),
        started=int(time.time()),
    )


def _check_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened at, before a model is loaded for it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in found:
            socket.create_server(address[:2], family=family).close()
    except OSError as error:
        raise _not_there(host, port, error) from None


def _not_there(host: str, port: int, error: OSError) -> ChemtuneError:
    reason = error.strerror or error
    return ChemtuneError(
        f"cannot listen at {host}:{port}: {reason} (another program may; try --port)"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _listen(
    served: Served, host: str, port: int, on_start: Callable[[str], None] | None
) -> str:
    # A request whose client has gone is cancelled, and its answer stops.
    runner = web.AppRunner(
        make_app(served),
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_S,
        access_log=None,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise _not_there(host, port, error) from None
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{runner.addresses[0][1]}/v1"
        say(f"serving {', '.join(served.speakers)} at {url}  (Ctrl-C stops)")
        if on_start is not None:
            on_start(url)
        await _asked_to_stop()
        say("stopping")
        served.voice.stop()
    finally:
        await runner.cleanup()
        served.voice.close()
    return url


async def _asked_to_stop() -> None:
    """Wait for Ctrl-C or the system's request to end."""
    stop = asyncio.Event()
    if threading.current_thread() is threading.main_thread():
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    await stop.wait()
