from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.documents.chunk import chunk
from chemtune.documents.document import Document
from chemtune.documents.readers.record import Layout
from chemtune.documents.sentences import sentences
from chemtune.documents.tokens import estimate_tokens, tokenizer_count
from chemtune.errors import InputError

WORDS = st.sampled_from(
    ["Pt", "on", "carbon.", "전도도는", "높았다.", "2.4", "S/cm.", "\n\n", "x" * 40]
)


@settings(deadline=None, max_examples=200)
@given(st.lists(WORDS, min_size=1, max_size=80), st.integers(8, 60), st.integers(0, 20))
def test_chunks_are_parts_of_the_text_and_lose_nothing(
    words: list[str], tokens: int, overlap: int
) -> None:
    document = Document("d", " ".join(words), title="T", split="train")
    chunks = list(chunk(document, tokens=tokens, overlap=overlap))
    covered = set[int]()
    for piece in chunks:
        end = piece.offset + len(piece.text)
        assert document.text[piece.offset : end] == piece.text
        assert estimate_tokens(piece.text) <= tokens + 3 or len(piece.text.split()) == 1
        assert (piece.title, piece.split) == ("T", "train")
        covered.update(range(piece.offset, end))
    assert all(document.text[i].isspace() for i in range(len(document.text)) if i not in covered)
    if len(chunks) > 1:
        assert {piece.parent for piece in chunks} == {document.id}
        assert [piece.name for piece in chunks] == [f"d#{i + 1}" for i in range(len(chunks))]


def test_a_section_begins_a_chunk_and_pages_are_kept() -> None:
    first = "1 Introduction\n\n" + "Films conduct ions. " * 8
    second = "2 Results\n\n" + "It reached 98 mS/cm. " * 8
    layout = Layout((0, len(first)), ((0, "1 Introduction"), (len(first), "2 Results")))
    document = Document("d", first + second, layout=layout)
    one, two = chunk(document, tokens=60)
    assert two.text.startswith("2 Results")
    assert (one.layout.page(0), two.layout.page(0)) == (1, 2)
    assert two.layout.section(30) == "2 Results"
    # A part of a section knows the section that it stands in.
    parts = list(chunk(document, tokens=25))
    assert parts[1].layout.section(0) == "1 Introduction"
    assert [p.layout.page(0) for p in parts] == sorted(p.layout.page(0) or 0 for p in parts)


def test_what_fits_stays_as_it_is() -> None:
    document = Document("d", "Short.")
    assert list(chunk(document, tokens=32)) == [document]


def test_overlap_repeats_whole_sentences() -> None:
    document = Document("d", " ".join(f"Sentence number {n} is here." for n in range(12)))
    chunks = list(chunk(document, tokens=30, overlap=8))
    for one, following in pairwise(chunks):
        assert following.text.startswith(one.text[-len("Sentence number 3 is here.") :].lstrip())


def test_a_large_text_takes_seconds() -> None:
    document = Document("d", "The film reached 98 mS/cm at 80 °C. " * 60_000 + "x" * 2_000_000)
    started = time.monotonic()
    assert len(list(chunk(document, tokens=500))) > 1000
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It was 2.4 S/cm. Then it fell.", 2),
        ("See Fig. 2 and Eq. 3 of Kim et al. for this. It holds.", 2),
        ("J. Kim wrote it, e.g. Here. Yes.", 2),
        ("전도도는 2.4였다. 그리고 낮아졌다. 끝.", 3),
        ("A heading\n\nA paragraph", 2),
        ("", 0),
    ],
)
def test_sentences(text: str, count: int) -> None:
    found = sentences(text)
    assert len(found) == count
    assert all(text.startswith(sentence, offset) for offset, sentence in found)


def test_tokens_by_a_tokenizer(tiny_model: Path, tmp_path: Path) -> None:
    count = tokenizer_count(tiny_model)
    document = Document("d", "The film reached 98 mS/cm at 80 °C. " * 20)
    for piece in chunk(document, tokens=60, count=count):
        assert count(piece.text) <= 66
    with pytest.raises(InputError, match=r"tokenizer\.json: no tokenizer: .*name a tokenizer"):
        tokenizer_count(tmp_path)


def test_a_long_sentence_is_cut_at_spaces_into_parts_of_one_size() -> None:
    document = Document("d", "conductivity " * 4000)
    chunks = list(chunk(document, tokens=100))
    assert {piece.text.split()[0] for piece in chunks} == {"conductivity"}
    assert {piece.text.split()[-1] for piece in chunks} == {"conductivity"}
    assert min(estimate_tokens(piece.text) for piece in chunks[:-1]) > 90
