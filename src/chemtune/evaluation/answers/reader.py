"""Which option a generated reply answers with, by rules in a fixed order."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from chemtune.checks.grounding import INVISIBLE
from chemtune.documents.question import Question
from chemtune.evaluation.answers.claims import decide, find_claims
from chemtune.evaluation.answers.lists import without_lists
from chemtune.evaluation.answers.mentions import mentioned, refuses, worded
from chemtune.evaluation.answers.options import LABEL, Options
from chemtune.evaluation.answers.text import before_next_question, own_text, without_echo

Status = Literal["answered", "refused", "ambiguous", "unreadable"]
# The answer in the JSON that tuning teaches, also where it is cut off behind it.
FIELD = re.compile(
    r"[\"'](?P<name>(?i:answer)|정답|답)[\"']\s*:\s*"
    r"(?:\"(?P<double>(?:[^\"\\\n]|\\.)*+)|'(?P<single>[^'\n]*+)|(?P<number>\d{1,2})\b)"
)
QUOTES = " \n\"'“”‘’"
MARKS = QUOTES + "()[]{}.:;,!"


@dataclass(frozen=True)
class AnswerRead:
    """What a reply answers.

    Attributes:
        index: The option from 0, where `status` is "answered".
        label: Its label.
        rule: The name of the rule that decided; see `read_answer`.
        status: "answered"; "refused": it says that it does not answer; "ambiguous": it names
            several; "unreadable": it names none.
        strict: Whether the reply is the answer in the form that was asked for and nothing else: the
            label of an option, also with its text, or the JSON object that is tuned on.
    """

    index: int | None
    label: str | None
    rule: str
    status: Status
    strict: bool = False


def read_answer(reply: str, question: Question) -> AnswerRead:
    """Return which option a reply answers with, and by which rule.

    The rules, in this order; the first one that finds anything decides:

    1. "empty": no text, or a thought that was cut off.
    2. "whole": the reply is an option and nothing else: its label, its text, or both.
    3. "json": the field "Answer" of a JSON object, also in a fence or cut off.
    4. "claim": the reply says its answer ("the answer is …", "정답은 …", "… is the best option", a
       line with a label alone, a label that the reply begins with). Of several claims that differ
       the last one stands, if a word of concluding or correcting comes before it, or if it is the
       one "Answer: …" after reasoning.
    5. "refusal": "I cannot answer", "알 수 없습니다", "none of the above".
    6. "mention": one option is named by its label, and not rejected.
    7. "words": one option's text stands in the reply, and is not rejected.
    8. "nothing".

    Before the fourth rule, echoes of the question and lists that only repeat options are taken
    away, and so is what follows from a further question on. Harnesses that search a reply for the
    first or the last letter read the article "A", "vitamin C" and the option that is rejected
    last as answers: here a letter alone in a sentence is none.

    Args:
        reply: What the model wrote, of any length; the time grows with it linearly.
        question: What was asked, with its options in the order in which they were shown.
    """
    options = Options(question)
    text = own_text(reply)
    if not text:
        return AnswerRead(None, None, "empty", "unreadable")
    found = _whole(text, options)
    if found is not None:
        return _read(found[0], "whole", options, found[1])
    found = _json(text, options)
    if found is not None:
        return _read(found[0], "json", options, found[1] and _is_object(reply))
    text = without_lists(without_echo(before_next_question(text), question), options)
    return _in_prose(text, options)


def _in_prose(text: str, options: Options) -> AnswerRead:
    claims = find_claims(text, options)
    if claims:
        return _read(decide(claims, text), "claim", options)
    if refuses(text, options):
        return AnswerRead(None, None, "refusal", "refused")
    rules: tuple[tuple[str, Callable[[str, Options], tuple[int, ...]]], ...] = (
        ("mention", mentioned),
        ("words", worded),
    )
    for name, rule in rules:
        indices = rule(text, options)
        if indices:
            return _read(indices, name, options)
    return AnswerRead(None, None, "nothing", "unreadable")


def _read(
    indices: tuple[int, ...], rule: str, options: Options, strict: bool = False
) -> AnswerRead:
    if len(indices) != 1:
        return AnswerRead(None, None, rule, "ambiguous")
    return AnswerRead(indices[0], options.labels[indices[0]], rule, "answered", strict)


def _whole(text: str, options: Options) -> tuple[tuple[int, ...], bool] | None:
    """The options that the whole text names, and whether by the label that was asked for."""
    quoted = len(text) - len(text.lstrip(QUOTES))
    bracketed = len(text) - len(text.lstrip(MARKS))
    match = LABEL.match(text, quoted) or LABEL.match(text, bracketed)
    worded = options.worded(text)
    index = options.index_of(match) if match else None
    if match is None or index is None:
        return (worded, False) if worded else None
    if worded and not (match.end() == len(text) and options.lettered and text.isalpha()):
        # "2 mol" is the text of an option; "C" is a label where labels are letters.
        return worded, False
    asked_for = match[str(match.lastgroup)] == options.labels[index] and "번" not in match[0]
    rest = text[match.end() :]
    if not rest.strip(MARKS):
        return (index,), asked_for
    behind = options.worded(rest.strip(QUOTES).lstrip("):.],-–— \n"))
    if not behind:
        return None
    return ((index,), asked_for) if index in behind else ((index, behind[0]), False)


def _json(text: str, options: Options) -> tuple[tuple[int, ...], bool] | None:
    """The options that the fields "Answer" name, and whether in the form that is tuned on."""
    indices: list[int] = []
    strict = True
    for match in FIELD.finditer(text):
        said = _unescaped(match["double"] or "") or match["single"] or match["number"] or ""
        value = own_text(said)
        found = _whole(value, options)
        read = found[0] if found else _claimed(value, options)
        strict = strict and match["name"] == "Answer" and bool(found and found[1])
        indices += [index for index in read if index not in indices]
    if not indices:
        return None
    return tuple(indices), strict


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:  # cut off within an escape
        return text


def _claimed(value: str, options: Options) -> tuple[int, ...]:
    named = options.at(value, 0)
    if named:
        return named.indices
    claims = find_claims(value, options)
    return decide(claims, value) if claims else ()


def _is_object(reply: str) -> bool:
    text = "".join(c for c in reply if c not in INVISIBLE).strip()
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
