from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.checks.wording import check_wording, count_sentences

KOREAN = "이 막의 전도도는 80 °C에서 147 mS/cm에 달하였다."


def told(text: str, **asked: Any) -> list[tuple[str, str]]:
    return [(f.check, f.message) for f in check_wording("Q1", text, **asked)]


def test_language() -> None:
    assert told(KOREAN, language="ko") == []
    assert told(KOREAN, language="en") == [("language", "is not English")]
    assert told("Platinum on carbon.", language="en") == []
    assert told("Platinum on carbon.", language="ko") == [("language", "holds no Korean")]


def test_a_korean_text_may_be_full_of_formulas() -> None:
    text = "CO₂ 0.250 mol × 22.4 L/mol = 5.60 L이다."
    assert told(text, language="ko") == []
    assert told("5.60 L", language="ko", formulas=True) == [("language", "holds no Korean")]


@pytest.mark.parametrize("text", ["", " \n"])
def test_empty(text: str) -> None:
    asked = {"language": "ko", "sentences": 3, "max_words": 1}
    assert told(text, **asked) == [("format", "is empty")]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(["platinum", "on", "carbon,"]), min_size=1, max_size=30))
def test_words(words: list[str]) -> None:
    text = "  ".join(words)
    assert told(text, language="en", max_words=len(words)) == []
    assert told(text, language="en", max_words=len(words) - 1) == [
        ("length", f"has {len(words)} words; {len(words) - 1} were allowed")
    ]


def test_sentences() -> None:
    assert told("A b. C d.", language="en", sentences=2) == []
    message = "has 2 sentences; 3 were asked for"
    assert told("A b. C d.", language="en", sentences=3) == [("length", message)]


def test_all_that_is_wrong_at_once() -> None:
    findings = check_wording("Q2", KOREAN, language="en", max_words=2, sentences=2)
    assert [f.check for f in findings] == ["language", "length", "length"]
    assert {(f.field, f.value, f.severity) for f in findings} == {("Q2", KOREAN, "error")}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("No end", 1),
        ("One. Two! Three?", 3),
        ("It is 2.5 nm at 0.90 V. It holds.", 2),
        ("막을 만들었다. 전도도는 0.5 S/cm였다. 안정하였다.", 3),
        ("막을 만들었다. 안정하였다", 2),
        ("전도도가 향상됨", 1),
        ("첫째。 둘째。", 2),
    ],
)
def test_count_sentences(text: str, count: int) -> None:
    assert count_sentences(text) == count
