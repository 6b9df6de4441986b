"""Wording: the language, length and number of sentences of a text that was asked for."""

from __future__ import annotations

import re

from chemtune.checks.finding import Finding
from chemtune.checks.korean import check_korean
from chemtune.documents.language import KOREAN_SHARE, LETTER, hangul_share
from chemtune.documents.sentences import ABBREVIATION

LANGUAGE_NAMES = {"en": "English", "ko": "Korean"}
# A Korean sentence may go on without a space: "좋다.그러나".
SENTENCE_END = re.compile(
    r"[.!?。]+(?=[\"'”’)\]」』]*(?:\s|$))|(?<=[다요까음함됨])[.!?]+(?=[가-힣])"
)
# "1." before a point of a list.
LIST_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,2}\.$")


def count_sentences(text: str) -> int:
    """Return the number of sentences; the last one counts without a full stop too.

    A stop within a number or after an abbreviation or the number of a point in a list ends none.
    """
    text = text.strip()
    count, rest = 0, text
    for end in SENTENCE_END.finditer(text):
        before = text[max(0, end.end() - 12) : end.end()]
        if ABBREVIATION.search(before) or LIST_NUMBER.search(before):
            continue
        count += 1
        rest = text[end.end() :]
    return count + bool(LETTER.search(rest) if count else rest)


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
        formulas: Whether a text that is not Korean may consist of formulas and units alone.
        max_words: The largest number of words (separated by space) allowed.
        sentences: The number of sentences asked for.
    """

    def finding(check: str, message: str) -> Finding:
        return Finding(check, "error", field, text, message)

    if not text.strip():
        return [finding("format", "is empty")]
    found = []
    if language == "ko":
        found += check_korean(field, text)
    elif not formulas and hangul_share(text) >= KOREAN_SHARE:
        found.append(finding("language", f"is not {LANGUAGE_NAMES.get(language, language)}"))
    words = len(text.split())
    if max_words is not None and words > max_words:
        found.append(finding("length", f"has {words} words; {max_words} were allowed"))
    if sentences is not None and count_sentences(text) != sentences:
        number = count_sentences(text)
        found.append(finding("length", f"has {number} sentences; {sentences} were asked for"))
    return found
