"""The embedded sample is read by the same readers as a user's files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import chemtune
from chemtune.documents.question import read_questions
from chemtune.documents.read import find_files, read_documents

SAMPLE = Path(chemtune.__file__).parent / "domains" / "chemistry" / "sample"


def test_exams() -> None:
    korean = read_questions(SAMPLE / "exam_ko.jsonl")
    assert Counter(q.labels[q.answer] for q in korean) == dict.fromkeys("①②③④⑤", 72)
    assert {q.language for q in korean} == {"ko"}
    english = read_questions(SAMPLE / "exam_en.jsonl")
    assert Counter(q.labels[q.answer] for q in english) == dict.fromkeys("ABCD", 20)
    assert Counter(q.split for q in english) == {"train": 52, "test": 20, "validation": 8}
    assert len(read_questions(SAMPLE / "exam_ko.jsonl", split="test")) == 90


def test_documents() -> None:
    documents = list(read_documents(find_files("documents/*.jsonl", SAMPLE), columns={}))
    assert len(documents) == len({document.id for document in documents}) == 64
    assert documents[0].name == "aem-01"
    assert set(documents[0].fields) == {"topic"}
    assert {document.language for document in documents} == {"en"}


def test_questions_as_documents() -> None:
    paths = find_files("questions_*.jsonl", SAMPLE)[::-1]
    documents = list(read_documents(paths, columns={"text": "question"}))
    assert len(documents) == 120
    assert documents[0].name == "qa-short-01"
    assert documents[0].text.endswith("?")
    assert documents[0].fields["answer"].endswith("Martin periodinane")
