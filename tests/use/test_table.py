"""Tables: the same rows in all three formats, and CSV that no spreadsheet computes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.checks.finding import Finding
from chemtune.errors import InputError
from chemtune.use.table import format_of, safe_cell, table_written

COLUMNS = ("document", "number", "start", "findings", "answer")
ROWS = [
    {
        "document": "=HYPERLINK(1)",
        "number": -0.5,
        "start": 3,
        "findings": (Finding("grounding", "warning", "Q1", "Pt", "is odd"),),
        "answer": 'a "quoted", 물\nline',
    },
    {"document": "b", "number": None, "start": None, "findings": (), "answer": "-0.5 V"},
]


def written(path: Path, format_: str, **how: bool) -> Path:
    with table_written(path, format_, COLUMNS, **how) as write:
        for row in ROWS:
            write(row)
    return path


def test_csv(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "csv")
    with path.open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["document"] == "'=HYPERLINK(1)"
    assert first["answer"] == ROWS[0]["answer"]
    assert first["findings"] == "grounding: 'Pt' is odd"
    assert (float(first["number"]), first["start"]) == (-0.5, "3")
    assert (second["number"], second["answer"]) == ("", "-0.5 V")
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert written(tmp_path / "e.csv", "csv", excel=True).read_bytes() == b"\xef\xbb\xbf" + (
        path.read_bytes()
    )


def test_parquet_and_json_lines_hold_texts_as_they_are(tmp_path: Path) -> None:
    table = pq.read_table(written(tmp_path / "t.parquet", "parquet"))
    lines = written(tmp_path / "t.jsonl", "jsonl").read_text(encoding="utf-8").splitlines()
    assert table.to_pylist() == [json.loads(line) for line in lines]
    assert table.to_pylist()[0]["document"] == "=HYPERLINK(1)"
    assert table.to_pylist()[0]["findings"][0]["value"] == "Pt"
    assert str(table.schema.field("number").type) == "double"


def test_a_table_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "csv")
    before = path.read_bytes()
    with pytest.raises(KeyError), table_written(path, "csv", COLUMNS) as write:
        write({"document": "only"})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text",
    ["-5", "-0.5 V", "+1.2e-3 S cm-1", "-", "-40 °C", "−5 °C", "-1,000 Pa", "- 3", "-2 mol·L⁻¹",
     "a=b", "", "QPPO-40", "(−)-menthol"],
)  # fmt: skip
def test_numbers_and_names_stay(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "-cmd|' /C calc'!A0", " =1", "\t=1", "＝1", "-OH",
     "-1-1", "+A1", "-2 x|y", "-5 (a)"],
)  # fmt: skip
def test_what_may_be_a_formula_is_marked_as_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@given(st.text(alphabet="=+-@ \t1aA.|!()'\"°C/·", max_size=12))
def test_no_cell_begins_as_a_formula_but_numbers_with_units(text: str) -> None:
    cell = safe_cell(text)
    begins = cell.lstrip(" ")[:1]
    if begins and begins in "=@\t":
        raise AssertionError(cell)
    if begins in ("+", "-"):
        assert not set(cell) & set("=@|!()'\"")
        assert not set(cell.lstrip(" ")[1:]) & set("+")


def test_a_long_harmful_cell_is_judged_at_once() -> None:
    assert safe_cell("-1" + " a" * 50_000 + "(").startswith("'")


def test_the_format_is_named_or_told_by_the_ending() -> None:
    assert format_of(Path("a.CSV"), None) == "csv"
    assert format_of(Path("a.csv"), "jsonl") == "jsonl"
    assert format_of(None, None) == "csv"
    with pytest.raises(InputError, match=r"'\.xlsx' tells no format"):
        format_of(Path("a.xlsx"), None)
    with pytest.raises(InputError, match="unknown format 'xls'"):
        format_of(None, "xls")
