from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.documents.readers.csv_ import read_records
from chemtune.documents.readers.record import Record
from chemtune.errors import InputError

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


def write(folder: Path, content: str, suffix: str = ".csv") -> Path:
    path = folder / f"file{suffix}"
    path.write_bytes(content.encode())
    return path


@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1)
    ),
    suffix=st.sampled_from([".csv", ".tsv"]),
    start=st.sampled_from(["", "\ufeff", "# comment\n#\n\n", "\ufeff# comment\r\n"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_round_trip(rows: list[list[str]], suffix: str, start: str, end: str) -> None:
    header = [f"column {i}" for i in range(len(rows[0]))]
    buffer = io.StringIO(newline="")
    delimiter = "\t" if suffix == ".tsv" else ","
    # With "\n" for line ends the writer leaves a cell with "\r" unquoted, which does not read back.
    writer = csv.writer(
        buffer,
        delimiter=delimiter,
        lineterminator=end,
        quoting=csv.QUOTE_ALL if end == "\n" else csv.QUOTE_MINIMAL,
    )
    writer.writerow(header)
    lines = []
    for row in rows:
        lines.append((start + buffer.getvalue()).count("\n") + 1)
        writer.writerow(row)
    with tempfile.TemporaryDirectory() as folder:
        records = list(read_records(write(Path(folder), start + buffer.getvalue(), suffix)))
    assert [list(record.fields.values()) for record in records] == rows
    assert all(list(record.fields) == header for record in records)
    assert [record.line for record in records] == lines
    assert {record.header_line for record in records} == {start.count("\n") + 1}


def test_comments_blank_lines_and_cells_of_many_lines_keep_line_numbers(tmp_path: Path) -> None:
    content = '# SPDX\n#more\n\nid, text \n1,"a\n\nb"\n\n2,# no comment\n'
    assert list(read_records(write(tmp_path, content))) == [
        Record(5, {"id": "1", "text": "a\n\nb"}, 4),
        Record(9, {"id": "2", "text": "# no comment"}, 4),
    ]


def test_the_suffix_tells_the_delimiter(tmp_path: Path) -> None:
    path = write(tmp_path, "a\tb,c\n1,0\t2\n", ".TSV")
    assert [record.fields for record in read_records(path)] == [{"a": "1,0", "b,c": "2"}]


def test_cells_longer_than_the_default_limit(tmp_path: Path) -> None:
    path = write(tmp_path, "id,text\n1," + "x" * 200_000 + "\n")
    assert len(next(read_records(path)).fields["text"]) == 200_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n1\n", ":3: the row has 1 cells and the header has 2; it starts with '1'"),
        ('a,b\n"1\n",2,3\n', ":2: the row has 3 cells and the header has 2"),
        ("#\na,b,a\n1,2,3\n", ":2: the header has this name more than once: 'a' (give each"),
        ('a,b\n1,2\n1,"2\n3\n4', ":3: not a row of cells: unexpected end of data"),
        ('a,b\n"One" thing,2\n', ":2: not a row of cells: ',' expected after '\"'"),
        ("a,b\r1,2\r", ":1: not a row of cells: new-line character"),
        ("a,b\n", ":1: the file has a header and no rows"),
        ("# only\n\n", ": the file is empty: it has comments and no header"),
        ("", ": the file is empty"),
    ],
)
def test_faults(tmp_path: Path, content: str, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        list(read_records(path))
    assert str(caught.value).startswith(f"{path}{message}")


def test_rows_are_streamed(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"a\nfirst\n" + b"\xff\n")
    records = read_records(path)
    assert next(records).fields == {"a": "first"}
    with pytest.raises(InputError, match=r":3: not UTF-8: byte 0xff at byte offset 8"):
        next(records)


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("text\n전기분해\n", "euc-kr", "EUC-KR"),
        ("text\n뷁\n", "cp949", "CP949"),
    ],
)
def test_korean_of_older_programs_is_read_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, encoding: str, told: str
) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(text.encode(encoding))
    (record,) = read_records(path)
    assert record.fields["text"] == text.split()[1]
    assert capsys.readouterr().err == f"{path}: is not UTF-8; read as {told}\n"


def test_what_is_neither_is_a_fault_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("text\ncafé\n".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8: byte 0xe9"):
        list(read_records(path))
