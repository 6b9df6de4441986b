"""Exams: an explanation that speaks for another option, and a question that tells its answer."""

from __future__ import annotations

import re

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText

# An option as an explanation names it: "②", "2번", "(B)", "**C**". A plain digit or letter is one
# where no unit or word follows: "정답은 3 mol이다" and "the answer is a mixture" name none.
OPEN, CLOSE = r"[\s*'\"“‘]*+", r"[*'\"”’]*"
LABEL = (
    r"(?P<label>[①-⑩]|\d(?=\s?번)|[(\[][A-Ea-e1-5][)\]]"
    r"|(?:[A-E]|[1-5])(?=[*'\"”’]*(?:\s*$|[,;:)]|\.(?!\d)|\s?(?:이|가|을|를|로|에|임|입|인|다|처럼)"
    r"|\s+(?:because|since|as|and|for|which)\b)))"
)
OF_OPTION = rf"{CLOSE}(?:\s?번)?(?:\s[^.,;①-⑩]{{1,40}}?)??{CLOSE}\s*"
NOT_SO = (
    r"(?!\s?번?\s?(?:이|가|은|는)?\s?(?:아니|아닌|아님|처럼|같|될 수 없)|로 (?:보|착각|생각|오해))"
)
IS_IT = r"(?:이다|입니다|이며|이고|이므로|이 된다|임|다|\.|,|$)"
NAMED = (
    re.compile(rf"정답\s*+[은는이]?\s*+:?{OPEN}{LABEL}{NOT_SO}"),
    re.compile(rf"(?<![가-힣])답\s*+[은는]\s*+:?{OPEN}{LABEL}{NOT_SO}"),
    re.compile(rf"{LABEL}{OF_OPTION}[이가]\s*(?:정답|답){IS_IT}"),
    re.compile(
        r"\b(?i:(?:the |correct |right |best )+(?:answer|option|choice) is|answer:)\s*:?"
        rf"(?:\s*(?:option|choice)\s)?{OPEN}{LABEL}"
    ),
    re.compile(
        r"(?<![^\W_])(?P<label>[A-E]|\([A-Ea-e]\))\*{0,2} is the (?:right|correct|best) "
        r"(?:answer|option|choice)"
    ),
)
ANSWER_MARK = re.compile(
    r"정답\s*+[은는]?\s*+:?\s*+(?:[①-⑩]|\(?[A-E1-5]\)?(?![^\W_]|\.\d))|정답\s*:\s*\S"
    r"|\banswer\s*(?:is|:)\s*(?:[①-⑩]|\(?[A-E1-5]\)?(?![^\W_]|\.\d))|\banswer:\s*\S",
    re.I,
)
# Shorter options, such as a number, stand in many a question by chance.
FEWEST_CHARACTERS = 4


def check_explanation(
    explanation: str, labels: tuple[str, ...], answer: int, options: tuple[str, ...] = ()
) -> list[Finding]:
    """Object where an explanation names another option as the right one.

    Args:
        explanation: Its text.
        labels: What the options are called.
        answer: The index of the right one.
        options: Their texts: "정답은 3이다" may tell the text of an option, and not its number.
    """
    for pattern in NAMED:
        for match in pattern.finditer(explanation):
            said = _index(match["label"], labels)
            as_text = any(option.strip() == match["label"] for option in options)
            if said is not None and said != answer and not as_text:
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
    plain = said.strip("()[]").upper()
    if plain in labels:
        return labels.index(plain)
    if plain.isdigit():
        number = "①②③④⑤⑥⑦⑧⑨⑩".find(plain) + 1 if plain in "①②③④⑤⑥⑦⑧⑨⑩" else int(plain)
        return number - 1 if 1 <= number <= len(labels) else None
    letter = "ABCDE".find(plain)
    return letter if 0 <= letter < len(labels) else None
