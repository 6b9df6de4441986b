from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.tasks.reading import distinct, excerpt, find_object, find_value, text_fields
from chemtune.tasks.task import Unreadable

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    TEXT | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(TEXT, VALUES, max_size=3), st.booleans(), st.booleans())
def test_an_object_is_found_as_json_or_python_in_a_fence_or_not(
    value: dict[str, Any], python: bool, fence: bool
) -> None:
    written = repr(value) if python else json.dumps(value, ensure_ascii=False)
    if fence and "```" not in written:
        written = f"```json\n{written}\n```"
    assert find_object(f"Here it is:\n{written}\nI hope this helps.") == value


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=3), st.floats(0, 1, exclude_max=True))
def test_a_reply_that_was_cut_off_is_never_read(value: dict[str, Any], share: float) -> None:
    written = json.dumps(value, ensure_ascii=False)
    with pytest.raises(Unreadable, match="malformed or cut off"):
        find_object(written[: max(1, int(len(written) * share))])


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("{'Q1': 'it is', 2: \"b\"}", {"Q1": "it is", "2": "b"}),
        ("{0: 'a', 1: 'b',}", {"0": "a", "1": "b"}),
        ('{"a": "line one\nline two"}', {"a": "line one\nline two"}),
        ('{"a": "}{"} and {"b": 1}', {"a": "}{"}),
        ('As {so} said: {"a": 1}', {"a": 1}),
        ('```json\n{"a": 1}', {"a": 1}),
        ('```\n{"a": 1}\n```\n```\n{"b": 1}\n```', {"a": 1}),
        ('```text\nno object\n``` {"a": 1}', {"a": 1}),
        ('{"a": "\\ud55c \\ud83d\\ude00"}', {"a": "한 😀"}),
    ],
)
def test_tolerated(reply: str, value: dict[str, Any]) -> None:
    assert find_object(reply) == value


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("", "holds no JSON object: ''"),
        ("I cannot answer.", "holds no JSON object: 'I cannot answer.'"),
        ('["a"]', "holds no JSON object"),
        ('{"A": {"b": 1}, "c', "the JSON object is malformed or cut off"),
        ('{"A": {"b": 1} "c": 2}', "the JSON object is malformed or cut off"),
        ('{["a"]: 1}', "the JSON object is malformed or cut off"),
        ('{"a": "\\ud83d"}', "holds half a character"),
        ('{"a": ["\\udc00"]}', "holds half a character"),
        ('{"a": ' + "1" * 5000 + "}", "the JSON object is malformed or cut off"),
        ("{'a', 'b'}", "the JSON object is malformed or cut off"),
        ('{"a": ' * 5000, "the JSON object is malformed or cut off"),
        ('{"a": ' * 5000 + "1" + "}" * 5000, "the JSON object is malformed or cut off"),
    ],
)
def test_unreadable(reply: str, told: str) -> None:
    with pytest.raises(Unreadable) as caught:
        find_object(reply)
    assert str(caught.value).startswith(told)
    assert len(str(caught.value)) < 300


def test_a_list_is_looked_for_as_such() -> None:
    assert find_value('{"keywords": ["a", "b"]}', "[") == ["a", "b"]
    with pytest.raises(Unreadable, match="holds no JSON list"):
        find_value('{"a": 1}', "[")
    with pytest.raises(Unreadable, match="the JSON list is malformed or cut off"):
        find_value('["a", ["b"], "c', "[")


@pytest.mark.parametrize(
    "code",
    [
        "__import__('os').system('touch {file}')",
        "open('{file}', 'w').close()",
        "[open('{file}', 'w') for _ in '1']",
        "(lambda: open('{file}', 'w'))()",
    ],
)
def test_reading_never_executes(tmp_path: Path, code: str) -> None:
    file = tmp_path / "touched"
    for reply in ("{{'Q1': {}}}", '{{"Q1": {}}}', "[{}]", "```python\n{{'Q1': {}}}\n```"):
        filled = reply.format(code.replace("{file}", str(file)))
        with pytest.raises(Unreadable):
            find_object(filled)
    assert not file.exists()


@pytest.mark.parametrize("piece", ["{", "[", '{"', "{'a': ", '{"a" ', "[1, ", "}{:"])
def test_a_reply_that_repeats_itself_is_soon_done_with(piece: str) -> None:
    reply = piece * (30_000 // len(piece))
    began = time.process_time()
    for opening in "{[":
        with pytest.raises(Unreadable):
            find_value(reply, opening)
    assert time.process_time() - began < 5


def test_text_fields() -> None:
    found = {"Q1": " a ", "Q2": 2.5, "Q3": "", "more": []}
    assert text_fields(found, ["Q1", "Q2", "Q3"]) == {"Q1": "a", "Q2": "2.5", "Q3": ""}
    with pytest.raises(Unreadable, match=r"^the JSON object lacks Q4, Q5$"):
        text_fields(found, ["Q1", "Q4", "Q5"])
    with pytest.raises(Unreadable, match=r"^more is not text: '\[\]'$"):
        text_fields(found, ["more"])
    with pytest.raises(Unreadable, match=r"^Q1 is not text: 'None'$"):
        text_fields({"Q1": None}, ["Q1"])


def test_distinct() -> None:
    assert distinct([" b", "a", "b", "", 3, None, "3"]) == ["b", "a", "3"]
    for wrong in (["a", "b"], {"name": "KOH"}):
        with pytest.raises(Unreadable, match="a value is not text"):
            distinct(["a", wrong])


def test_excerpt() -> None:
    assert excerpt(" a\n b ") == "'a b'"
    assert excerpt("x" * 200) == repr("x" * 80 + "…")
