"""`review`: a run in the browser, until Ctrl-C."""

from __future__ import annotations

import asyncio
import getpass
import secrets
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from nicegui import app, ui
from starlette.types import ASGIApp

from chemtune.dataset.review.review import Review
from chemtune.errors import ChemtuneError
from chemtune.progress import say
from chemtune.recipe.find_run import find_run
from chemtune.web.guard import EVERYWHERE, Guard, is_loopback
from chemtune.web.pages import add_pages
from chemtune.web.site import Site
from chemtune.web.visitor import cleaned_name
from chemtune.wording.locale import language

TITLE = "chemtune"


def review(
    run: Path | str,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    reviewer: str | None = None,
    browser: bool = True,
    on_start: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Serve the pages of a run until Ctrl-C.

    Args:
        run: The run's folder, or its recipe.
        host: The address to listen at. One that other machines can reach asks every reader for a
            token, which is made anew at each start.
        port: The port; 0 takes a free one.
        reviewer: Whose decisions are made, where a browser has not named its reader; the name of
            the account by default.
        browser: Open the address in the browser of this machine.
        on_start: Told the address, once it listens.

    Returns:
        `url` (without the token) and `decisions` (how many were made meanwhile).

    Raises:
        InputError: The folder is no run, or has no data set.
        ChemtuneError: The address cannot be listened at.
    """
    opened = Review.open(find_run(run)[0].path)
    before = opened.store.count()
    site = Site(opened.run, opened, cleaned_name(reviewer or "") or _account(), language())
    token = None if is_loopback(host) else secrets.token_urlsafe(24)
    listening = _listening(host, port)
    url = _address(host, listening)
    say(f"{url}/  (Ctrl-C stops)" if token is None else f"{url}/?token={token}  (Ctrl-C stops)")
    if token is not None:
        say(
            "Other machines can reach this address. Who has the token can read and decide; the "
            "connection is not encrypted."
        )

    def started() -> None:
        entry = f"{url}/" if token is None else f"{url}/?token={token}"
        if browser:
            webbrowser.open(entry)
        if on_start is not None:
            on_start(entry)

    try:
        _serve(Guard(_application(site), host, token), listening, started)
    finally:
        decisions = opened.store.count() - before
        opened.close()
    return {"url": url, "decisions": decisions}


def _account() -> str:
    try:
        return cleaned_name(getpass.getuser()) or "reviewer"
    except (KeyError, OSError):
        return "reviewer"


def _listening(host: str, port: int) -> socket.socket:
    """A socket at the address, before anything is opened in a browser."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        reason = error.strerror or error
        raise ChemtuneError(
            f"cannot listen at {host}:{port}: {reason} (another program may; try --port)"
        ) from None
    return listening


def _address(host: str, listening: socket.socket) -> str:
    named = socket.gethostname() if host in EVERYWHERE else host
    shown = f"[{named}]" if ":" in named else named
    return f"http://{shown}:{listening.getsockname()[1]}"


def _application(site: Site) -> ASGIApp:
    """The pages as an application; the library keeps them once a process."""
    add_pages(site)
    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    ui.run_with(
        outer,
        title=TITLE,
        favicon="⚗️",
        dark=None,
        # A reader whose laptop slept comes back to what stood there.
        reconnect_timeout=60.0,
        show_welcome_message=False,
    )
    return outer


def _serve(application: ASGIApp, listening: socket.socket, started: Callable[[], None]) -> None:
    app.on_startup(started)
    config = uvicorn.Config(
        application, log_level="warning", access_log=False, ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    try:
        asyncio.run(server.serve(sockets=[listening]))
    except KeyboardInterrupt:
        # uvicorn has ended in order, and hands the signal on.
        pass
    finally:
        listening.close()
