"""Counts and key distributions of published data, where a copy lies beside the project."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from chemtune.documents.question import read_questions
from chemtune.documents.read import read_documents

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no data in {DATA}")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("college_chemistry", {"A": 20, "B": 21, "C": 18, "D": 41}),
        ("high_school_chemistry", {"A": 31, "B": 55, "C": 60, "D": 57}),
    ],
)
def test_mmlu(name: str, keys: dict[str, int]) -> None:
    questions = read_questions(DATA / "mmlu" / "test" / f"{name}_test.csv")
    assert Counter(q.labels[q.answer] for q in questions) == keys
    assert {(q.language, len(q.options)) for q in questions} == {("en", 4)}


@pytest.mark.parametrize(
    ("name", "count"),
    [("Chemistry", 600), ("Chemical-Engineering", 1000), ("Materials-Engineering", 1000)],
)
def test_kmmlu(name: str, count: int) -> None:
    questions = read_questions(DATA / "kmmlu" / f"{name}-test.csv")
    assert len(questions) == count
    assert {(q.language, len(q.options), q.labels) for q in questions} == {("ko", 4, tuple("ABCD"))}


def test_kmmlu_key_of_a_known_question() -> None:
    first, *_ = read_questions(DATA / "kmmlu" / "Chemistry-dev.csv")
    assert first.options[first.answer] == "2N"


def test_chemrxiv() -> None:
    path = DATA / "chemrxiv" / "sources.tsv"
    documents = list(read_documents([path], columns={"text": "abstract", "name": "doc_id"}))
    assert len(documents) == 153
    assert documents[0].name == "0"
    assert documents[0].title.startswith("Sustainable and Efficient Extraction of Furfural")
    assert documents[0].text.startswith("Furfural, a valuable platform chemical")
    assert {(d.language, d.licence) for d in documents} == {("en", "CC BY 4.0")}
    assert set(documents[0].fields) == {"authors", "fields_of_study", "doi_or_url"}
    quoted = next(d for d in documents if d.name == "87")
    assert 'ML/MM "microscope". Last,' in quoted.text
