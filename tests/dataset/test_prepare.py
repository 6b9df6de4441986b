from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.dataset.ledger import Ledger
from chemtune.dataset.prepare import (
    cut_text,
    prepare,
    split_of,
)
from chemtune.dataset.seen import Seen
from chemtune.documents.document import Document

TEXTS = st.text(st.sampled_from("ab .!?。\n\t가²"), max_size=60)


def prepared(
    *sources: list[Document], **asked: Any
) -> tuple[list[Document], list[tuple[str, str, str]]]:
    """The documents of each source in turn, and the ledger's (outcome, name, reason)."""
    given_: dict[str, Any] = {
        "max_characters": 1000,
        "validation": 0.1,
        "test": 0.2,
        "languages": ("en", "ko"),
    } | asked
    ledger, seen = Ledger(), Seen()
    documents = [
        document
        for part, source in enumerate(sources)
        for document in prepare(source, part=part, seen=seen, ledger=ledger, **given_)
    ]
    return documents, [(e.outcome, e.document, e.reason) for e in ledger.entries]


def test_an_empty_document_is_left_out() -> None:
    documents, left = prepared([Document("a", " \n"), Document("b", "Text.")])
    assert [document.name for document in documents] == ["b"]
    assert left == [("rejected", "a", "empty document")]


def test_the_same_text_twice_is_one_document() -> None:
    documents, left = prepared(
        [Document("a", "Text."), Document("b", "Text."), Document("a", "Text.")]
    )
    assert [document.name for document in documents] == ["a"]
    assert left == [
        ("rejected", "b", "duplicate document"),
        ("rejected", "a", "duplicate document"),
    ]


def test_a_document_may_come_again_from_another_source_under_its_name() -> None:
    documents, left = prepared([Document("a", "Text.")], [Document("a", "Text.")])
    assert [document.name for document in documents] == ["a", "a"]
    assert left == []


def test_the_same_text_under_another_name_in_another_source_is_left_out() -> None:
    documents, left = prepared([Document("a", "Text.")], [Document("b", "Text.")])
    assert [document.name for document in documents] == ["a"]
    assert left == [("rejected", "b", "duplicate document")]


def test_a_name_stands_for_one_document() -> None:
    one, other = Document("1", "Text."), Document("1", "Another text.")
    renamed = f"1#{other.id[:6]}"
    documents, left = prepared([one], [other])
    assert [(d.name, d.text) for d in documents] == [("1", "Text."), (renamed, "Another text.")]
    assert left == []
    # In a third source both are known again, each by its name.
    documents, left = prepared([one], [other], [other, one])
    assert [document.name for document in documents] == ["1", renamed, renamed, "1"]
    assert left == []
    documents, _ = prepared([one, other])
    assert [document.name for document in documents] == ["1", renamed]


def test_a_long_text_is_cut_and_the_ledger_says_so() -> None:
    document = Document("a", "First one. Second one. Third.", title="T")
    (cut,), left = prepared([document], max_characters=25)
    assert cut.text == "First one. Second one."
    assert cut.title == "T"
    assert left == [("cut", "a", "longer than allowed")]


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("One. Two.", 9, "One. Two."),
        ("One. Two. Three.", 9, "One. Two."),
        ("One. Two. Three.", 8, "One."),
        ("0.5 V. At 2.5 V it", 14, "0.5 V."),
        ("line one\nline two", 12, "line one"),
        ("하나였다. 둘이었다. 셋", 11, "하나였다. 둘이었다."),
        ("no end of a sentence", 12, "no end of a"),
        ("nospacesatall", 5, "nospa"),
        ("\nno end of a sentence", 12, "\nno end of"),
        ("  nospacesatall", 5, "  nos"),
    ],
)
def test_cut_text(text: str, most: int, cut: str) -> None:
    assert cut_text(text, most) == cut


@settings(deadline=None, max_examples=200)
@given(TEXTS, st.integers(5, 60))
def test_what_is_cut_is_a_beginning_and_not_empty(text: str, most: int) -> None:
    cut = cut_text(text, most)
    assert text.startswith(cut)
    assert len(cut) <= most
    assert cut == text if len(text) <= most else cut
    if text[:most].strip():
        assert cut.strip()


def test_the_split_follows_the_document_and_not_the_order() -> None:
    documents = [Document(str(i), f"Text {i}.") for i in range(300)]
    one, _ = prepared(documents)
    other, _ = prepared([replace(d, name=f"x{d.name}") for d in reversed(documents)])
    assert {d.id: d.split for d in one} == {d.id: d.split for d in other}
    shares = [sum(d.split == split for d in one) for split in ("train", "validation", "test")]
    assert sum(shares) == 300
    assert 180 <= shares[0] <= 240
    assert 15 <= shares[1] <= 45
    assert 40 <= shares[2] <= 80


def test_a_document_that_leaves_the_test_share_goes_to_no_other_side() -> None:
    ids = [Document("a", f"Text {i}.").id for i in range(200)]
    small = {i for i in ids if split_of(i, validation=0, test=0.1) == "test"}
    large = {i for i in ids if split_of(i, validation=0, test=0.3) == "test"}
    assert small < large
    assert {split_of(i, validation=0, test=0) for i in ids} == {"train"}


def test_the_split_of_the_file_stays() -> None:
    (document,), _ = prepared([Document("a", "Text.", split="validation")], test=0.99)
    assert document.split == "validation"
