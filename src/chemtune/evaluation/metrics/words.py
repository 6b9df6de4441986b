"""The words that texts are compared by: of Korean its morphemes, as words end in particles."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

from chemtune.documents.language import HANGUL

WORD = re.compile(r"[^\W_]+")
# The tags of Kiwi for punctuation and other signs; numbers, Latin and Chinese letters are words.
SIGNS = frozenset("SF SP SS SSO SSC SE SO SW SB".split())  # noqa: SIM905


def is_korean(text: str) -> bool:
    """Whether a text is compared as Korean: it holds Hangul."""
    return HANGUL.search(text) is not None


def words(text: str, *, korean: bool) -> list[str]:
    """Return the words of a text in lower case: its morphemes where it is Korean.

    Other texts are split into runs of letters and digits, which for plain English are the tokens
    that ROUGE is mostly computed from.
    """
    if korean:
        return [form for form, _ in morphemes(text)]
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


@lru_cache(maxsize=4096)
def morphemes(text: str) -> tuple[tuple[str, str], ...]:
    """Return the morphemes of a Korean text, each with its tag by Kiwi; signs are left out."""
    plain = unicodedata.normalize("NFKC", text)
    return tuple((m.form.lower(), m.tag) for m in _kiwi().tokenize(plain) if m.tag not in SIGNS)


@lru_cache(maxsize=1)
def _kiwi() -> Any:
    from kiwipiepy import Kiwi

    # The model that looks further splits a term such as 음이온교환막 alike in more sentences. The
    # dictionary of names in several words (films, places) takes longer to load than the rest.
    return Kiwi(num_workers=1, model_type="cong-global", load_multi_dict=False)


def stems(text: str) -> tuple[str, ...]:
    """Return the words of a text, English ones by their stems (Porter, 1980)."""
    stem = _stemmer().stemWord
    found = WORD.findall(unicodedata.normalize("NFKC", text).lower())
    return tuple(stem(word) if word.isascii() and word.isalpha() else word for word in found)


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("porter")
