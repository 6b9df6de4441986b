"""Words: what the pages say, in the reader's language.

The pages name their words in English; a file of a language gives its words for them. What has no
translation stays English: a test says that there is none.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = {"en": "English", "ko": "한국어"}


class Words:
    """The words of one language: `words("Accept")`, `words("{k} of {n}", k=3, n=10)`.

    Args:
        language: "en" or "ko".
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._known = {} if language == "en" else _catalogue(language)

    def __call__(self, english: str, **values: object) -> str:
        """Return the words for an English text, its {names} filled with `values`."""
        said = self._known.get(english, english)
        return said.format(**values) if values else said


def chosen_language(cookie: str | None, accepted: str | None, default: str) -> str:
    """Return the language of a reader: the one chosen before, else the browser's first known one.

    Args:
        cookie: What the reader chose before, if anything.
        accepted: The browser's Accept-Language header.
        default: Where neither says a known one.
    """
    if cookie in LANGUAGES:
        return cookie
    for part in (accepted or "").split(","):
        code = part.split(";")[0].strip().split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return default


@cache
def _catalogue(language: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for file in sorted(files("chemtune.web").joinpath("words", language).iterdir(), key=str):
        if file.name.endswith(".yaml"):
            known |= yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return known


def marked(english: str) -> str:
    """Return a text as it is; marks it as one that is put through `Words` later."""
    return english
