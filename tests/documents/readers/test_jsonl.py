from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.documents.readers.jsonl import read_records
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALAR = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT
VALUE = SCALAR | st.floats(allow_nan=False, allow_infinity=False) | st.lists(SCALAR, max_size=3)
OBJECTS = st.lists(st.dictionaries(TEXT, VALUE, max_size=4), min_size=1, max_size=6)


def write(folder: Path, content: str) -> Path:
    path = folder / "file.jsonl"
    path.write_text(content, encoding="utf-8", newline="")
    return path


@given(rows=OBJECTS, ascii_only=st.booleans(), end=st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_round_trip(rows: list[dict[str, Any]], ascii_only: bool, end: str) -> None:
    content = "".join(json.dumps(row, ensure_ascii=ascii_only) + end for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        records = list(read_records(write(Path(folder), content)))
    assert [record.fields for record in records] == rows
    step = 2 if end == "\n\n" else 1
    assert [record.line for record in records] == [1 + step * i for i in range(len(rows))]


def test_blank_lines_count_and_are_skipped(tmp_path: Path) -> None:
    path = write(tmp_path, '\n{"a": 1}\n  \t\n{"a": "가\u2028나"}')
    assert list(read_records(path)) == [Record(2, {"a": 1}), Record(4, {"a": "가\u2028나"})]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[1, 2]", "expected a JSON object, found a list: '[1, 2]'"),
        ("null", "expected a JSON object, found null: 'null'"),
        ('"text"', "expected a JSON object, found a string: '\"text\"'"),
        ("{'a': 1}", "not JSON at column 2: "),
        ('{"a": 1', "not JSON at column "),
        ('{"a": NaN}', "not JSON at column 7: "),
        ('{"a": "\\ud800"}', "not JSON at column "),
    ],
)
def test_what_is_no_object(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path, '{"a": 1}\n\n' + line + "\n")
    records = read_records(path)
    assert next(records).fields == {"a": 1}
    with pytest.raises(InputError) as caught:
        next(records)
    assert str(caught.value).startswith(f"{path}:3: {message}")
    assert str(caught.value).endswith("(write one JSON object a line)")


def test_deep_nesting_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not JSON"):
        list(read_records(write(tmp_path, '{"a": ' + "[" * 100_000)))


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_empty(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="the file is empty"):
        list(read_records(write(tmp_path, content)))
