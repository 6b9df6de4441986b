"""Visitor: who reads, in which language and light. Kept in the browser as cookies, nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote, unquote

from fastapi import Request
from nicegui import ui

from chemtune.web.site import Site
from chemtune.web.words import Words, chosen_language

YEAR_S = 365 * 24 * 3600
LONGEST_NAME = 60
LIGHTS = {"dark": True, "light": False}


@dataclass(frozen=True)
class Visitor:
    """One reader at one page.

    Attributes:
        words: The words of the reader's language.
        reviewer: The name that decisions are written down under.
        dark: True, False, or None for as the system has it.
    """

    words: Words
    reviewer: str
    dark: bool | None

    @classmethod
    def of(cls, request: Request, site: Site) -> Visitor:
        """Return the reader that a request comes from."""
        cookies = {name: unquote(value) for name, value in request.cookies.items()}
        accepted = request.headers.get("accept-language")
        language = chosen_language(cookies.get("chemtune-language"), accepted, site.language)
        named = cleaned_name(cookies.get("chemtune-reviewer", ""))
        dark = LIGHTS.get(cookies.get("chemtune-light", ""))
        return cls(Words(language), named or site.reviewer, dark)


def cleaned_name(name: str) -> str:
    """Return a reviewer's name on one line and not too long; "" where nothing is left."""
    return " ".join("".join(c for c in name if c.isprintable()).split())[:LONGEST_NAME]


def remember(name: str, value: str) -> None:
    """Keep a choice in the reader's browser: "language", "reviewer" or "light"."""
    cookie = f"chemtune-{name}={quote(value, safe='')}; path=/; max-age={YEAR_S}; samesite=strict"
    ui.run_javascript(f"document.cookie = {json.dumps(cookie)}")
