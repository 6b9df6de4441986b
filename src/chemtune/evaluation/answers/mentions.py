"""Weaker signs than a claim: a refusal, an option that is named, an option's words."""

from __future__ import annotations

import re

from chemtune.evaluation.answers.options import LABEL, Options

REFUSES = re.compile(
    r"\b(?i:i(?:'m| am) (?:sorry|unable|not (?:sure|able|certain)|afraid)"
    r"|(?:i|we) (?:cannot|can't|can not|don't|do not|am unable|won't) (?:\w+ ){0,2}"
    r"(?:answer|determine|know|provide|help|choose|assist|tell|say|decide|select|have enough)"
    r"|(?:cannot|can't|can not|could not) be (?:determined|answered|known)"
    r"|(?:not|isn't) (?:enough|sufficient) information|insufficient information|as an ai\b"
    r"|impossible to (?:answer|determine|say|tell)|no idea"
    r"|none of (?:the|these|them|those)\b|no (?:correct|right) (?:answer|option)"
    r"|(?:no|none) (?:option|answer)s? (?:is|are) (?:correct|right))"
    r"|(?:알|답할|답변할|답변드릴|판단할|결정할|대답할|고를|확인할|선택할|도와드릴)"
    r" ?수(?:가|는)? ?없"
    r"|모르겠|모릅니다|모른다|정보가 (?:부족|충분하지)|죄송|어렵습니다"
    r"|(?:것|보기|답)(?:은|이|가)? ?없(?:습|다|음|어)"
)
# A letter in brackets behind a word is a symbol: "carbon (C)". Behind these it is an option.
ANNOUNCES = re.compile(
    r"(?:^|[.!?:;,\n>-] ?|\b(?i:is|are|be|choose|pick|select|with|say|think|option|choice|answer|"
    r"statement|both|not|therefore|so|thus|and|or|only) |[가-힣]{1,4} )$"
)
OPTION_WORD = re.compile(
    r"(?:\b(?i:option|choice|answer|statement|letter)|보기|선택지|옵션) ?[:#]? ?[\"'(\[]?$"
)
REJECTS_AFTER = re.compile(
    r"(?:(?!(?:and|but|,) not\b)[^.\n;①-⑩]){0,60}?"
    r"(?:\b(?i:not|incorrect|wrong|false|isn't|doesn't|cannot|can't|eliminat\w+|"
    r"ruled|unlikely)\b|아니|아닌|아닙|아님|틀리|틀린|틀렸|오답|옳지|맞지|제외|않)"
)
REJECTS_BEFORE = re.compile(
    r"(?:\b(?i:not|isn't|rule out|eliminate|eliminated|exclude|except|neither|nor|than|unlike)"
    r"(?: (?!but\b)\w{1,12})?(?: option| choice)?|제외하고) ?[\"'(]?$"
)
# What is said of a statement's truth: the answer of a question for the false one is what is false.
VERDICT = re.compile(
    r"[\"'”)]?(?:(?i:(?: (?:is|are|was)|[.:]) (?:(?P<false>not (?:true|correct|right)"
    r"|incorrect|wrong|false)|(?:true|correct|right))\b)"
    r"| ?(?:이|가|은|는|도)? ?(?:(?P<korean_false>옳지|틀|맞지|잘못)|(?:옳|맞)))"
)
BEGINS = re.compile(r"(?:^|[.!?:;,\n] ?|\b(?:and|so|that|but|only|hence|thus|while) )$")
ASKED = re.compile(r" ?\?")
# Equations and steps have circled numbers too.
OTHER_NUMBERED = re.compile(r"(?:식|단계|그림|과정|표|equation|step|figure) ?[(\[]?$")
BEFORE = 30


def refuses(text: str, options: Options) -> bool:
    """Whether a text says that it gives no answer, in words that are not those of an option."""
    return any(
        not any(match[0].casefold() in option.casefold() for option in options.texts)
        for match in REFUSES.finditer(text)
    )


def mentioned(text: str, options: Options) -> tuple[int, ...]:
    """Return the options that are named by a label and not rejected; () where there are none."""
    found: dict[int, bool] = {}
    for match in LABEL.finditer(text):
        before = text[max(match.start() - BEFORE, 0) : match.start()]
        verdict = VERDICT.match(text, match.end())
        if not (_names_option(match, before) or (verdict and BEGINS.search(before))):
            continue
        index = options.index_of(match)
        if index is None or ASKED.match(text, match.end()):
            continue
        if verdict:
            said_false = bool(verdict["false"] or verdict["korean_false"])
            rejected = said_false != options.seeks_false
        else:
            rejected = _rejected(text, match.start(), match.end())
        found[index] = found.get(index, False) or rejected
    return tuple(sorted(index for index, rejected in found.items() if not rejected))


def worded(text: str, options: Options) -> tuple[int, ...]:
    """Return the options whose words stand in a text and are not rejected; () for none.

    Words within the words of a longer option do not count, nor do numbers of one or two digits.
    """
    spans = [
        (match.start(), match.end(), index)
        for index, pattern in enumerate(options.patterns)
        if len(options.texts[index]) > 2 or options.texts[index].isalpha()
        for match in pattern.finditer(text)
        if not re.match(r"[\w.,°-]", text[match.start() - 1 : match.start()])
        or re.match("[가-힣,]", text[match.start() - 1 : match.start()])
    ]
    spans.sort(key=lambda span: (span[0], -span[1]))
    reached = 0
    kept: list[tuple[int, int, int]] = []
    for start, end, index in spans:
        if end > reached or (kept and kept[-1][:2] == (start, end)):
            kept.append((start, end, index))
            reached = max(reached, end)
    rejected = {index for start, end, index in kept if _rejected(text, start, end)}
    return tuple(sorted({index for _, _, index in kept} - rejected))


def _names_option(match: re.Match[str], before: str) -> bool:
    if OPTION_WORD.search(before):
        return True
    if match.lastgroup == "bracketed":
        return ANNOUNCES.search(before) is not None or not before
    if match.lastgroup == "closed":
        return not before or before.endswith("\n")
    if match.lastgroup == "circled" and OTHER_NUMBERED.search(before):
        return False
    return match.lastgroup != "bare"


def _rejected(text: str, start: int, end: int) -> bool:
    before = text[max(start - BEFORE, 0) : start]
    return bool(REJECTS_BEFORE.search(before) or REJECTS_AFTER.match(text, end, end + 80))
