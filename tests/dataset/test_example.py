from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.checks.finding import Finding
from chemtune.dataset.example import (
    SCHEMA,
    Example,
    read_examples,
    write_examples,
)
from chemtune.errors import InputError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
OFFSET = st.none() | st.integers(0, 2**31 - 1)
FINDINGS = st.builds(
    Finding,
    TEXT,
    st.sampled_from(["grounded", "warning", "error"]),
    TEXT,
    TEXT,
    TEXT,
    OFFSET,
    OFFSET,
)
EXAMPLES = st.builds(
    Example,
    *[TEXT] * 4,
    st.lists(st.fixed_dictionaries({"role": TEXT, "content": TEXT}), max_size=3),
    *[TEXT] * 6,
    findings=st.lists(FINDINGS, max_size=3),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(EXAMPLES, max_size=4))
def test_what_is_written_reads_the_same(tmp_path_factory: Any, examples: list[Example]) -> None:
    path = tmp_path_factory.mktemp("data") / "train.parquet"
    write_examples(path, examples)
    assert read_examples(path) == examples


@settings(deadline=None, max_examples=50)
@given(EXAMPLES)
def test_messages_are_a_line_each(tmp_path_factory: Any, example: Example) -> None:
    path = tmp_path_factory.mktemp("data") / "train.parquet"
    write_examples(path, [example, example])
    lines = path.with_suffix(".jsonl").read_text("utf-8").removesuffix("\n").split("\n")
    assert len(lines) == 2
    answered = [*example.messages, {"role": "assistant", "content": example.answer}]
    expected = {"messages": answered, "task": example.task, "document": example.document}
    assert json.loads(lines[0]) == expected


def test_an_example_is_named_by_document_and_task() -> None:
    example = Example("0f", "a", "names", "train", [], "", "en", "", "", "")
    assert example.id == "0f-names"


def test_a_missing_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.parquet: no such file \(run `chemtune build`"):
        read_examples(tmp_path / "none.parquet")
    with pytest.raises(InputError, match="no such file"):
        read_examples(tmp_path)


def test_a_file_that_holds_no_examples(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    path.write_text("hello")
    with pytest.raises(InputError, match=r"train\.parquet: holds no examples: .*Parquet"):
        read_examples(path)
    pq.write_table(pa.table({name: [""] for name in SCHEMA.names[:-2]}), path)
    with pytest.raises(InputError, match="holds no examples: no column page, agreement"):
        read_examples(path)
    pq.write_table(pa.table({name: [1] for name in SCHEMA.names}), path)
    with pytest.raises(InputError, match="holds no examples"):
        read_examples(path)


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    good = Example("0f", "a", "names", "train", [], "x", "en", "", "", "")
    write_examples(path, [good])
    with pytest.raises(UnicodeEncodeError):
        write_examples(path, [Example("0f", "\ud800", "names", "train", [], "", "en", "", "", "")])
    assert read_examples(path) == [good]
    assert {p.name for p in tmp_path.iterdir()} == {"train.parquet", "train.jsonl"}
