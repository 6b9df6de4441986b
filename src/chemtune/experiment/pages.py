"""The templates of HTML pages, and what all of them write alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chemtune.documents.language import detect_language

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"
SHOWN_CHARACTERS = 4000
GIBIBYTE = 2**30


def template(name: str, **filters: Callable[..., Any]) -> Template:
    """Return a template by its file's name; what it is given is escaped, unless it is `Markup`.

    Args:
        name: The file.
        filters: Functions that it uses, besides `language`, `shortened` and `grouped`.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        language=detect_language, shortened=shortened, grouped=grouped, **filters
    )
    return environment.get_template(name)


def shortened(text: str) -> str:
    """Return a text to look at: its beginning and its end where it is very long."""
    if len(text) <= SHOWN_CHARACTERS:
        return text
    tail = SHOWN_CHARACTERS // 4
    left_out = len(text) - SHOWN_CHARACTERS
    return f"{text[: 3 * tail]}\n[… {left_out} characters not shown …]\n{text[-tail:]}"


def grouped(number: float) -> str:
    """Return a number with its thousands apart: 14 248, 153.9."""
    return f"{number:,}".replace(",", "\u202f")
