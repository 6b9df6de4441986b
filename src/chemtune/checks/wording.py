"""Wording: the language, length and number of sentences of a text that was asked for."""

from __future__ import annotations

import re

from chemtune.checks.finding import Finding
from chemtune.documents.language import HANGUL, KOREAN_SHARE, hangul_share

LANGUAGE_NAMES = {"en": "English", "ko": "Korean"}
SENTENCE_END = re.compile(r"[.!?。](?=\s|$)|[다요음임함](?=$)")


def count_sentences(text: str) -> int:
    """Return the number of sentences: ends of sentence followed by space or the text's end."""
    return len(SENTENCE_END.findall(text.strip())) or int(bool(text.strip()))


def check_wording(
    field: str,
    text: str,
    *,
    language: str,
    formulas: bool = False,
    max_words: int | None = None,
    sentences: int | None = None,
) -> list[Finding]:
    """Check one text of an answer against what its instruction asked for.

    Args:
        field: The answer's field.
        text: What it says.
        language: "en" or "ko".
        formulas: Whether the text may consist of formulas and units but for a word.
        max_words: The largest number of words (separated by space) allowed.
        sentences: The number of sentences asked for.
    """

    def finding(check: str, message: str) -> Finding:
        return Finding(check, "error", field, text, message)

    if not text.strip():
        return [finding("format", "is empty")]
    found = []
    if formulas:
        right = language != "ko" or HANGUL.search(text) is not None
    else:
        right = (hangul_share(text) >= KOREAN_SHARE) == (language == "ko")
    if not right:
        found.append(finding("language", f"is not {LANGUAGE_NAMES.get(language, language)}"))
    words = len(text.split())
    if max_words is not None and words > max_words:
        found.append(finding("length", f"has {words} words; {max_words} were allowed"))
    if sentences is not None and count_sentences(text) != sentences:
        number = count_sentences(text)
        found.append(finding("length", f"has {number} sentences; {sentences} were asked for"))
    return found
