"""The language of a text, by its share of Hangul."""

from __future__ import annotations

import re

HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")
LETTER = re.compile(r"[^\W\d_]")
KOREAN_SHARE = 0.3


def hangul_share(text: str) -> float:
    """Return the share of Hangul among the letters of `text`, 0 to 1; 0 without letters."""
    letters = len(LETTER.findall(text))
    return len(HANGUL.findall(text)) / letters if letters else 0.0


def detect_language(text: str) -> str:
    """Return "ko" where at least 30% of the letters are Hangul, else "en".

    Korean chemistry is full of Latin formulas and units, so the bar is well below one half.
    """
    return "ko" if hangul_share(text) >= KOREAN_SHARE else "en"
