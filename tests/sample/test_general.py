"""What is not about chemistry: questions, instructions and passages, and that they stay apart."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from chemtune.documents.language import detect_language
from chemtune.documents.paragraphs import paragraphs
from chemtune.documents.question import read_questions
from chemtune.domains import find_domain

DOMAIN = find_domain("chemistry")
SAMPLE = DOMAIN.folder / "sample"
TEXTS = {name: paragraphs(path.read_text("utf-8")) for name, path in DOMAIN.texts.items()}
LANGUAGES = ("en", "ko")


def pieces(text: str) -> set[str]:
    """Eight words in a row of English, twenty characters in a row of Korean."""
    if detect_language(text) == "ko":
        packed = "".join(text.split())
        return {packed[at : at + 20] for at in range(len(packed) - 19)}
    words = text.lower().split()
    return {" ".join(words[at : at + 8]) for at in range(len(words) - 7)}


def strings(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def sample_texts() -> list[str]:
    found = []
    for path in sorted(SAMPLE.rglob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            found += list(strings(json.loads(line)))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_questions(language: str) -> None:
    questions = read_questions(SAMPLE / f"general_{language}.jsonl")
    assert len({question.text for question in questions}) == 100
    assert {(q.language, q.split, len(q.options)) for q in questions} == {(language, "test", 4)}
    assert Counter(q.labels[q.answer] for q in questions) == dict.fromkeys("ABCD", 25)
    longest = sum(
        len(q.options[q.answer]) == max(map(len, q.options))
        and sum(len(o) == len(q.options[q.answer]) for o in q.options) == 1
        for q in questions
    )
    assert longest <= 25


def test_the_passages() -> None:
    assert {name: len(found) for name, found in TEXTS.items()} == dict.fromkeys(TEXTS, 48)
    assert list(TEXTS) == [
        "general English",
        "general Korean",
        "English chemistry",
        "Korean chemistry",
    ]
    for name, found in TEXTS.items():
        language = "ko" if "Korean" in name else "en"
        assert {detect_language(text) for text in found} == {language}
        assert all(unicodedata.is_normalized("NFC", text) for text in found)


def test_no_passage_is_in_the_sample_or_another_passage() -> None:
    probe = paragraphs((DOMAIN.folder / "probe.txt").read_text("utf-8"))
    known = {piece for text in [*sample_texts(), *probe] for piece in pieces(text)}
    for text in (text for found in TEXTS.values() for text in found):
        own = pieces(text)
        assert not own & known, text
        known |= own


def instructions(language: str) -> list[dict[str, str]]:
    path = SAMPLE / f"general_instructions_{language}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_instructions(language: str) -> None:
    rows = instructions(language)
    assert len({row["question"] for row in rows}) == len(rows) == 80
    assert {(row["language"], row["split"]) for row in rows} == {(language, "train")}
    for row in rows:
        assert detect_language(row["answer"]) == row["language"], row["id"]


def test_no_general_question_is_an_instruction() -> None:
    asked = {
        question.text
        for language in LANGUAGES
        for question in read_questions(SAMPLE / f"general_{language}.jsonl")
    }
    assert not asked & {row["question"] for of in LANGUAGES for row in instructions(of)}


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in DOMAIN.texts.values()) < 150_000
    assert all(Path(path).is_file() for path in DOMAIN.texts.values())
