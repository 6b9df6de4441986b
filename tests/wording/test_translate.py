"""Messages found by their English text, with any values in them."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.errors import ChemtuneError, InputError, Problem, nearest
from chemtune.progress import progress, say
from chemtune.wording.translate import Catalogue, Entry, is_vague, translated, translated_line

CATALOGUE = Catalogue(
    {
        "unknown task {}": "알 수 없는 작업: {1}",
        "{}: cannot keep the answers: {}": "{1}: 답을 저장할 수 없습니다: {2!t}",
        "task {} of {}: see {{text: {}}}": "{2}의 작업 {1}: {{text: {3}}} 참고",
        "no such file": "파일이 없습니다",
        "memory": "메모리",
        "did you mean {}?": "혹시 {1}인가요?",
        "cell {} failed: {}": "셀 {1} 실패: {2!t}",
        "{} answers are empty": "빈 답 {1}건",
    }
)


@pytest.fixture
def korean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHEMTUNE_LANGUAGE", "ko")


@pytest.mark.parametrize(
    "value",
    ["{}", "{0}", "{1}", "a.*(b|[c", r"\1 \d", "두 줄\n값", "memory", "", " ", "no such file"],
)
def test_a_value_is_passed_through_as_it_is(value: str) -> None:
    assert CATALOGUE.message(f"unknown task {value}|") == f"알 수 없는 작업: {value}|"
    said = CATALOGUE.message(f"task {value} of x: see {{text: {value}}}")
    assert said == f"x의 작업 {value}: {{text: {value}}} 참고"


@given(
    literals=st.lists(st.text("ab: ", max_size=3), min_size=2, max_size=4),
    text=st.text("ab: \n", max_size=14),
)
def test_values_are_those_of_a_regular_expression(literals: list[str], text: str) -> None:
    found = re.fullmatch("(.*?)".join(map(re.escape, literals)), text, flags=re.DOTALL)
    values = Entry(tuple(literals), (), frozenset()).values(text)
    assert values == (None if found is None else list(found.groups()))


def test_matching_takes_linear_time() -> None:
    entry = Entry.of("a {} b {} c {} d {} e", "{1}{2}{3}{4}")
    begun = time.perf_counter()
    assert entry.values("a " + " b c d" * 100_000) is None
    assert time.perf_counter() - begun < 1


def test_a_value_that_is_a_message_is_translated_where_the_entry_says_so() -> None:
    assert CATALOGUE.message("x: cannot keep the answers: no such file") == (
        "x: 답을 저장할 수 없습니다: 파일이 없습니다"
    )
    assert (
        CATALOGUE.message("x: cannot keep the answers: other")
        == "x: 답을 저장할 수 없습니다: other"
    )
    assert CATALOGUE.message("unknown task no such file") == "알 수 없는 작업: no such file"


def test_a_message_behind_places_and_names() -> None:
    text = "a.yaml:3: seed: no such file (did you mean 'b'?)"
    assert CATALOGUE.translated(text) == "a.yaml:3: seed: 파일이 없습니다 (혹시 'b'인가요?)"
    assert CATALOGUE.translated(f"cell 1 failed: {text}\n{text}") == (
        "셀 1 실패: a.yaml:3: seed: 파일이 없습니다 (혹시 'b'인가요?)\n"
        "a.yaml:3: seed: 파일이 없습니다 (혹시 'b'인가요?)"
    )
    assert CATALOGUE.translated("memory: x: no such file") == "메모리: x: 파일이 없습니다"
    assert CATALOGUE.translated("memory: 3 answers are empty") == "메모리: 빈 답 3건"
    assert CATALOGUE.translated("x: no such file (other)") == "x: 파일이 없습니다 (other)"
    assert CATALOGUE.translated("other (did you mean 'b'?)") == "other (혹시 'b'인가요?)"


def test_what_is_not_known_stays() -> None:
    for text in ("", "\n", "nothing of this", "a (b)", "a: b: c", "task x", "No such file"):
        assert CATALOGUE.translated(text) == text


def test_short_templates_match_nothing() -> None:
    assert is_vague("{} of {}")
    assert is_vague("the {}")
    assert not is_vague("unknown {}")
    assert not is_vague("none")
    assert Catalogue({"{} of {}": "{2} 중 {1}"}).message("one of many") is None
    assert Catalogue({"{} of {}": "{2} 중 {1}"}).worded("{} of {}", ["1", "2"]) == "2 중 1"


def test_errors_are_told_in_the_language_and_kept_in_english(
    korean: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = Problem("unknown task 'recrods'", Path("a.yaml"), 3, "tasks", nearest("a", ["ab"]))
    error = InputError(problem, Problem("the file is empty", "b.csv"))
    assert error.told().splitlines() == [
        "a.yaml:3: tasks: 알 수 없는 작업: 'recrods' (혹시 'ab'인가요?)",
        "b.csv: 파일이 비어 있습니다",
    ]
    english = (
        "a.yaml:3: tasks: unknown task 'recrods' (did you mean 'ab'?)\nb.csv: the file is empty"
    )
    assert str(error) == english
    assert ChemtuneError("x: cannot keep the answers: Permission denied").told() == (
        "x: 답을 저장할 수 없습니다: 권한이 없습니다"
    )
    monkeypatch.setenv("CHEMTUNE_LANGUAGE", "en")
    assert error.told() == english


def test_news_and_progress(korean: None, capsys: pytest.CaptureFixture[str]) -> None:
    say("batch b1: 3 requests are with http://x/v1")
    say("memory: WARNING: about 2.0 GiB at most, 1.0 GiB there")
    with progress("Asking the teacher (한빛)", 3, "requests") as advance:
        advance(2, note="from the journal")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "배치 b1: 요청 3건을 http://x/v1에 보냈습니다"
    assert lines[1] == "메모리: 경고: 최대 약 2.0 GiB 필요, 1.0 GiB 사용 가능"
    assert re.fullmatch(
        r"교사 모델에 요청 \(한빛\): 요청 3건 중 2건, 저널에서, \d\.\d초 걸림", lines[2]
    )


def test_printed_lines_are_translated_and_data_are_not(korean: None) -> None:
    assert translated_line("  Report: a.html\n") == "  보고서: a.html\n"
    for text in ("\n", "", "[user]\nReport: a.html\n", "x: no such file", "│ Report: a │\n"):
        assert translated_line(text) == text
    assert translated("[user]\nno such file") == "[user]\n파일이 없습니다"


def test_english_reads_no_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHEMTUNE_LANGUAGE", "en")
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert translated("no such file") == "no such file"
    assert translated_line("Report: a") == "Report: a"
