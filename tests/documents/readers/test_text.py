from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chemtune.documents.readers.text import read_records
from chemtune.errors import InputError


def fields(folder: Path, content: str, name: str = "file.md") -> dict[str, Any]:
    path = folder / name
    path.write_bytes(content.encode())
    (record,) = read_records(path)
    assert record.line == 1
    return record.fields


@pytest.mark.parametrize("content", ["# Not a title\n\ntext\n", "---\na: 1\n---\n", " \n"])
def test_plain_text_is_kept_as_it_is(tmp_path: Path, content: str) -> None:
    assert fields(tmp_path, content, "file.txt") == {"text": content}


def test_line_ends_become_line_feeds(tmp_path: Path) -> None:
    assert fields(tmp_path, "a\r\nb\rc\n", "file.txt") == {"text": "a\nb\nc\n"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("# Pt/C *ORR* #\n\nBody\n# Next\n", {"title": "Pt/C *ORR*", "text": "Body\n# Next\n"}),
        ("\n\n# Title", {"title": "Title", "text": ""}),
        ("# C# and F#\nBody", {"title": "C# and F#", "text": "Body"}),
        ("## Second\nBody", {"text": "## Second\nBody"}),
        ("#hashtag\nBody", {"text": "#hashtag\nBody"}),
        ("# \nBody", {"text": "# \nBody"}),
        ("Body\n# Later\n", {"text": "Body\n# Later\n"}),
    ],
)
def test_heading(tmp_path: Path, content: str, expected: dict[str, str]) -> None:
    assert fields(tmp_path, content, "file.markdown") == expected


def test_front_matter(tmp_path: Path) -> None:
    content = (
        "---\nid: a1\ndate: 2024-05-01\ntags: [x, 2024-05-02]\n1: {d: 2024-05-03}\n---\n# T\nB\n"
    )
    assert fields(tmp_path, content) == {
        "id": "a1",
        "date": "2024-05-01",
        "tags": ["x", "2024-05-02"],
        "1": {"d": "2024-05-03"},
        "title": "T",
        "text": "B\n",
    }


def test_the_front_matters_title_comes_first(tmp_path: Path) -> None:
    assert fields(tmp_path, "---\ntitle: A\n---\n# B\nC") == {"title": "A", "text": "# B\nC"}
    assert fields(tmp_path, "---\ntitle: A\n---\n# A\nC") == {"title": "A", "text": "C"}


def test_empty_front_matter_has_no_fields(tmp_path: Path) -> None:
    assert fields(tmp_path, "---\n---\nBody") == {"text": "Body"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("---\na: 1\nBody\n", ":1: the front matter is not closed (end it with a line '---'"),
        ("---\na: 1\nb: [2\n---\nBody", ":3: the front matter is not YAML: "),
        ("---\nd: 2024-13-01\n---\n", ":2: the front matter is not YAML: month must be in 1..12"),
        ("---\n- a\n---\n", ":2: expected the front matter to be a mapping, found a list (write"),
        ("---\njust words\n---\n", ":2: expected the front matter to be a mapping, found a str"),
        ("---\ntext: other\n---\nBody", ":2: text: the front matter may not have this field"),
        ("", ": the file is empty"),
    ],
)
def test_faults(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        fields(tmp_path, content)
    assert str(caught.value).startswith(f"{tmp_path / 'file.md'}{message}")


def test_aliases_in_front_matter_are_refused_at_once(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path = tmp_path / "bomb.md"
    path.write_text("---\n" + "\n".join(lines) + "\n---\nText.\n", "utf-8")
    with pytest.raises(InputError, match=r"bomb\.md:3: the front matter has an alias"):
        list(read_records(path))


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ("{a: ", "}")])
def test_front_matter_that_is_nested_without_measure_is_refused(
    tmp_path: Path, open_: str, close: str
) -> None:
    path = tmp_path / "deep.md"
    path.write_text(f"---\na: {open_ * 5000}1{close * 5000}\n---\nText.\n", "utf-8")
    with pytest.raises(InputError, match=r"deep\.md:2: .* nested more than 50 deep"):
        list(read_records(path))


def test_every_value_of_front_matter_goes_into_json_in_one_order(tmp_path: Path) -> None:
    front = "a: !!binary aGVsbG8=\nb: !!set {z, x, y}\nc: !!omap [k: 1]\nd: 2024-01-02"
    values = fields(tmp_path, f"---\n{front}\n---\nText.\n")
    del values["text"]
    assert values == {"a": "hello", "b": ["x", "y", "z"], "c": [["k", 1]], "d": "2024-01-02"}


def test_a_line_of_a_hundred_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"x" * 100_000_000)
    (record,) = read_records(path)
    assert len(record.fields["text"]) == 100_000_000
