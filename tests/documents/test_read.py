from __future__ import annotations

import errno
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from chemtune.documents.document import Document
from chemtune.documents.language import detect_language
from chemtune.documents.read import find_files, read_documents, read_records
from chemtune.errors import InputError


def jsonl(folder: Path, *rows: dict[str, Any], name: str = "file.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(*paths: Path, columns: dict[str, str] | None = None, **rest: Any) -> list[Document]:
    return list(read_documents(paths, columns=columns or {}, **rest))


def test_default_columns(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "name": "kept",
        "text": " The text.\n",
        "title": "T",
        "language": "Korean",
        "source": "journal",
        "license": "CC BY 4.0",
        "split": "dev",
        "topic": ["x"],
    }
    (document,) = read(jsonl(tmp_path, row), language="en", source="s", licence="l")
    assert document == Document(
        name="7",
        text=" The text.\n",
        title="T",
        language="ko",
        source="journal",
        licence="CC BY 4.0",
        split="validation",
        fields={"name": "kept", "topic": ["x"]},
    )


def test_what_the_record_does_not_say(tmp_path: Path) -> None:
    row = {"id": "", "text": "수소 연료 전지의 막은 얇다.", "language": None, "licence": " "}
    path = jsonl(tmp_path, {"text": "Skipped"}, row)
    _, document = read(path)
    assert (
        document.name,
        document.language,
        document.licence,
        document.source,
        document.split,
    ) == (
        "file.jsonl:2",
        "ko",
        "unknown",
        "file.jsonl",
        "",
    )
    _, document = read(path, language="EN-us", source="lab", licence="CC0")
    assert (document.language, document.source, document.licence) == ("en", "lab", "CC0")


def test_mapped_columns(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("title,body_text,doc_id,text\nT,A,9,X\n", encoding="utf-8")
    (document,) = read(path, columns={"text": "body_text", "name": "title"})
    assert (document.name, document.text, document.title) == ("T", "A", "")
    assert document.fields == {"doc_id": "9", "text": "X"}
    (document,) = read(path, columns={"text": "body_text", "title": "body_text"})
    assert (document.name, document.title) == ("9", "A")


def test_limit_counts_over_all_files_and_reads_no_further(tmp_path: Path) -> None:
    one = jsonl(tmp_path, {"text": "a"}, {"text": "b"}, name="1.jsonl")
    two = jsonl(tmp_path, {"text": "c"}, {"no": "text"}, name="2.jsonl")
    assert [document.text for document in read(one, two, limit=3)] == ["a", "b", "c"]
    assert read(one, limit=0) == []


def test_white_space_and_the_same_name_twice_are_yielded(tmp_path: Path) -> None:
    path = jsonl(tmp_path, {"id": "a", "text": " \n"}, {"id": "a", "text": ""})
    assert [(d.name, d.text) for d in read(path)] == [("a", " \n"), ("a", "")]


@pytest.mark.parametrize(
    ("row", "columns", "message"),
    [
        (
            {"id": "1", "body_text": "A long text"},
            {},
            (
                "text: no column 'text'; the columns are: id, body_text "
                "(in a recipe `columns: {text: body_text}`, in a command --column text=body_text)"
            ),
        ),
        (
            {"body": "b", "body_text": "short", "authors": "A, B, C, D, E and F"},
            {"text": "body_txt"},
            (
                "text: no column 'body_txt'; the columns are: body, body_text, authors "
                "(in a recipe `columns: {text: body_text}`, in a command --column text=body_text)"
            ),
        ),
        (
            {"text": "a", "heading": "h"},
            {"title": "headng"},
            "title: no column 'headng'; the columns are: text, heading (did you mean 'heading'?)",
        ),
        (
            {"text": "a"},
            {"split": "fold"},
            "split: no column 'fold'; the columns are: text",
        ),
        ({}, {}, "text: no column 'text'; the columns are: none"),
        ({"text": ["a"]}, {}, "text: expected a string, found a list: ['a']"),
        ({"text": None}, {}, "text: expected a string, found null"),
        ({"text": "a", "id": True}, {}, "id: expected a string, found true or false: True"),
        (
            {"t": "a", "h": 3},
            {"text": "t", "title": "h"},
            "h: expected a string, found a number: 3",
        ),
        ({"text": "a", "split": "eval"}, {}, "split: not a split: 'eval' (allowed: train, "),
        ({"text": "a", "language": "de"}, {}, "language: not a language that is known: 'de' (all"),
    ],
)
def test_faults_of_a_record(
    tmp_path: Path, row: dict[str, Any], columns: dict[str, str], message: str
) -> None:
    path = jsonl(tmp_path, {"text": "a", **dict.fromkeys(columns.values(), "")}, row)
    documents = read_documents([path], columns=columns)
    next(documents)
    with pytest.raises(InputError) as caught:
        next(documents)
    assert str(caught.value).startswith(f"{path}:2: {message}")


def test_a_missing_column_of_a_table_names_the_headers_line(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("# comment\nid,body_text\n1,A\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:2: text: no column 'text'")


def test_faults_of_the_recipe_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_documents([tmp_path / "none.jsonl"], columns={"txt": "body_text"})
    expected = "columns: no such attribute of a document: 'txt' (did you mean 'text'?)"
    assert str(caught.value) == expected
    with pytest.raises(InputError, match="not a language that is known: 'fr'"):
        read_documents([], columns={}, language="fr")


def test_languages_and_splits_by_other_names(tmp_path: Path) -> None:
    languages = ["en", "ENG", "English", "en_US", "ko", "kor", "Korean", "ko-KR"]
    rows = [{"text": "a", "language": language} for language in languages]
    assert [d.language for d in read(jsonl(tmp_path, *rows))] == ["en"] * 4 + ["ko"] * 4
    splits = ["train", " Test ", "validation", "valid", "val", "dev", ""]
    rows = [{"text": "a", "split": split} for split in splits]
    assert [d.split for d in read(jsonl(tmp_path, *rows))] == [
        "train",
        "test",
        *["validation"] * 4,
        "",
    ]


def test_paths_that_are_no_known_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this is a folder, not a file"):
        read(tmp_path)
    with pytest.raises(InputError, match=r"a\.odt: unknown suffix '\.odt' \(known: \.jsonl, "):
        read_records(tmp_path / "a.odt")
    with pytest.raises(InputError, match=r"b\.csv: there is no such file"):
        read(tmp_path / "b.csv")


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = jsonl(tmp_path, {"text": "a"})
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: cannot read the file: Permission denied"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "b.jsonl",
        "a.CSV",
        "deep/er/c.md",
        "deep/d.odt",
        ".hidden/e.txt",
        "odd [1]/f.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("b.jsonl", ["b.jsonl"]),
        (".", ["a.CSV", "b.jsonl", "deep/er/c.md", "odd [1]/f.txt"]),
        ("deep", ["deep/er/c.md"]),
        ("*", ["a.CSV", "b.jsonl"]),
        ("**/*.md", ["deep/er/c.md"]),
        ("deep/**", ["deep/er/c.md"]),
        ("odd [1]", ["odd [1]/f.txt"]),
        (".hidden/*.txt", [".hidden/e.txt"]),
        ("deep/../b.*", ["deep/../b.jsonl"]),
    ],
)
def test_find_files(tree: Path, pattern: str, expected: list[str]) -> None:
    assert find_files(pattern, tree) == [tree / name for name in expected]
    if pattern != ".":
        absolute = [str(path) for path in find_files(str(tree / pattern), Path("/elsewhere"))]
        assert absolute == [str(tree / name) for name in expected]


@pytest.mark.parametrize("pattern", ["none.jsonl", "*.csvx", "deep/er/*.txt", "nowhere/"])
def test_find_nothing(tree: Path, pattern: str) -> None:
    with pytest.raises(InputError) as caught:
        find_files(pattern, tree)
    assert str(caught.value).startswith(f"no file found for {pattern!r} in the folder {tree}")


def test_a_folder_without_known_files_has_nothing(tree: Path) -> None:
    (tree / "deep/er/c.md").unlink()
    with pytest.raises(InputError, match=r"no file found for 'deep' .*known suffixes: \.jsonl"):
        find_files("deep", tree)


@pytest.mark.parametrize("pattern", ["deep/d.odt", "deep/*.odt", "deep/*"])
def test_find_only_unknown_suffixes(tree: Path, pattern: str) -> None:
    with pytest.raises(InputError, match=r"d\.odt: unknown suffix '\.odt' \(known: \.jsonl, \.nd"):
        find_files(pattern, tree)


def test_nul_characters_are_spaces(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Pt\\u0000on\\u0000ATO"}\n', "utf-8")
    (tmp_path / "b.txt").write_bytes(b"Pt\0on ATO")
    texts = [d.text for d in read_documents(find_files(".", tmp_path), columns={})]
    assert texts == ["Pt on ATO", "Pt on ATO"]


def test_what_tasks_look_for_goes_by_their_name(tmp_path: Path) -> None:
    path = tmp_path / "alpaca.jsonl"
    row = {"instruction": "Name it.", "input": "IrO2", "output": "Iridium dioxide", "answer": "?"}
    path.write_text(json.dumps(row), "utf-8")
    columns = {"text": "instruction", "answer": "output", "context": "input"}
    (document,) = read(path, columns=columns)
    assert document.text == "Name it."
    assert dict(document.fields) == {"answer": "Iridium dioxide", "context": "IrO2"}
    with pytest.raises(InputError, match=r"answer: no column 'ouput'.*did you mean 'output'"):
        read(path, columns=columns | {"answer": "ouput"})


def test_sets_of_abstracts(tmp_path: Path) -> None:
    """Summary, title, abstract: the shape of RSCSUM."""
    path = tmp_path / "sums.csv"
    path.write_text("summary,title,abstract\nShort.,Pt,Platinum on carbon.\n", "utf-8")
    (document,) = read(path)
    assert (document.title, document.text) == ("Pt", "Platinum on carbon.")
    assert dict(document.fields) == {"summary": "Short."}


def test_links_in_a_circle_are_not_followed(tree: Path) -> None:
    (tree / "deep/again").symlink_to(tree / "deep")
    (tree / "deep/er/up").symlink_to(tree)
    (tree / "deep/itself.txt").symlink_to(tree / "deep/itself.txt")
    (tree / "deep/linked.txt").symlink_to(tree / "odd [1]/f.txt")
    found = [tree / "deep/er/c.md", tree / "deep/linked.txt"]
    for pattern in ("deep", "deep/**", "deep/**/*"):
        assert find_files(pattern, tree) == found
    assert find_files("**/er/**/*.md", tree) == found[:1]


def test_a_folder_that_cannot_be_read_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def closed(path: str | Path) -> object:
        if Path(path).name == "er":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    # Root may read everything, so that the system's refusal is played.
    monkeypatch.setattr(os, "scandir", closed)
    for pattern in (".", "**/*.md"):
        with pytest.raises(InputError) as caught:
            find_files(pattern, tree)
        assert str(caught.value) == f"{tree / 'deep/er'}: cannot read the folder: Permission denied"


def test_a_file_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.txt"))
    try:
        path.write_text("The film conducts.", "utf-8")
    except OSError:
        pytest.skip("the file system takes no such name")
    (document,) = read(path)
    assert (document.name, document.source) == ("\ufffd\ufffd.txt:1", "\ufffd\ufffd.txt")


def test_a_text_of_a_hundred_megabytes_takes_little_more_than_itself() -> None:
    text = "conductivity " * 800_000
    tracemalloc.start()
    assert detect_language(text) == "en"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * len(text)
