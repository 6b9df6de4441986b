from __future__ import annotations

from pathlib import Path

import pytest

from chemtune.documents.readers.record import found, read_lines, shown
from chemtune.errors import InputError


def write(folder: Path, content: bytes) -> Path:
    path = folder / "file.txt"
    path.write_bytes(content)
    return path


def test_lines_keep_their_ends_and_lose_the_byte_order_mark(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbfone\r\n\ntw\xc3\xb6\x0c\xe2\x80\xa8three")
    assert list(read_lines(path)) == ["one\r\n", "\n", "twö\x0c\u2028three"]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_empty_file(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        list(read_lines(path))
    assert str(caught.value) == f"{path}: the file is empty"


@pytest.mark.parametrize(
    ("content", "line", "byte", "offset"),
    [
        (b"\xff\xfea\x00", 1, "0xff", 0),
        (b"\xef\xbb\xbfab\n\xc8(", 2, "0xc8", 6),
        (b"\xef\xbb\xbfa\xff", 1, "0xff", 4),
        ("가나\n".encode() + "다\n".encode("cp949"), 2, "0xb4", 7),
        (b"ok\ncut \xea\xb0", 2, "0xea", 7),
    ],
)
def test_other_encodings_are_placed(
    tmp_path: Path, content: bytes, line: int, byte: str, offset: int
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        list(read_lines(path))
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: not UTF-8: byte {byte} at byte offset {offset} of")
    assert "save the file as UTF-8" in message


def test_lines_before_a_fault_are_yielded(tmp_path: Path) -> None:
    lines = read_lines(write(tmp_path, b"good\n\xff\n"))
    assert next(lines) == "good\n"
    with pytest.raises(InputError):
        next(lines)


def test_system_errors_are_translated(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: there is no such file"):
        list(read_lines(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="this is a folder, not a file"):
        list(read_lines(tmp_path))


def test_values_in_messages() -> None:
    values = [None, True, 1.5, "a", [1], {"a": 1}, (1,)]
    assert [found(value) for value in values] == [
        "null",
        "true or false: True",
        "a number: 1.5",
        "a string: 'a'",
        "a list: [1]",
        "an object: {'a': 1}",
        "a tuple: (1,)",
    ]
    assert shown("x" * 100, 10) == "'" + "x" * 8 + "…"
