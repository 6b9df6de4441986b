"""Exams: an explanation that speaks for another option, and a question that tells its answer."""

from __future__ import annotations

import re

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText

LABEL = r"(?P<label>[①-⑩]|\(?[A-Ea-e1-5]\)?)"
NAMED = (
    re.compile(rf"정답\s*[은는이]?\s*:?\s*{LABEL}(?:번)?(?!\d|\.\d|[A-Za-z])"),
    re.compile(
        rf"(?:따라서|그러므로)\s*(?:정답은\s*)?{LABEL}\s*(?:번)?\s*(?:이|가|을|를)?\s*(?:정답|답)"
    ),
    re.compile(rf"\b(?:the (?:right |correct )?answer is|answer:)\s*{LABEL}(?!\w)", re.I),
)
ANSWER_MARK = re.compile(r"정답\s*[:은]|\banswer\s*(?:is|:)", re.I)
# Shorter options, such as a number, stand in many a question by chance.
FEWEST_CHARACTERS = 4


def check_explanation(explanation: str, labels: tuple[str, ...], answer: int) -> list[Finding]:
    """Object where an explanation names another option as the right one.

    Args:
        explanation: Its text.
        labels: What the options are called.
        answer: The index of the right one.
    """
    for pattern in NAMED:
        for match in pattern.finditer(explanation):
            said = _index(match["label"], labels)
            if said is not None and said != answer:
                message = f"calls {match['label']} right; the answer is {labels[answer]}"
                return [Finding("explanation", "error", "Explanation", match[0], message)]
    return []


def check_leak(question: str, options: tuple[str, ...], answer: int) -> list[Finding]:
    """Warn where a question tells its answer: by a mark, or in the words of the right option alone.

    Args:
        question: The text without its options.
        options: The options.
        answer: The index of the right one.
    """
    mark = ANSWER_MARK.search(question)
    if mark:
        message = "the question holds a mark of the answer"
        return [Finding("leak", "warning", "question", mark[0], message)]
    text = GroundText.of(question)
    there = [
        index
        for index, option in enumerate(options)
        if len(option.strip()) >= FEWEST_CHARACTERS and text.find(option)
    ]
    if there == [answer]:
        message = "the right option stands in the question, and no other one does"
        return [Finding("leak", "warning", "question", options[answer], message)]
    return []


def _index(said: str, labels: tuple[str, ...]) -> int | None:
    plain = said.strip("()").upper()
    if plain in labels:
        return labels.index(plain)
    if plain.isdigit():
        number = "①②③④⑤⑥⑦⑧⑨⑩".find(plain) + 1 if plain in "①②③④⑤⑥⑦⑧⑨⑩" else int(plain)
        return number - 1 if 1 <= number <= len(labels) else None
    letter = "ABCDE".find(plain)
    return letter if 0 <= letter < len(labels) else None
