from __future__ import annotations

import asyncio
import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest

from chemtune.errors import InputError
from chemtune.teachers.ask import Asked, ask_all
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.recorded import RecordedTeacher
from chemtune.teachers.teacher import Request, RequestRefused


def write(path: Path, *rows: Any) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def row(document: str, task: str, reply: str) -> dict[str, str]:
    return {"document": document, "task": task, "reply": reply}


def request(document: str, task: str) -> Request:
    return Request(task=task, document=document, messages=({"role": "user", "content": "q"},))


def test_answers_with_the_recorded_reply(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", row("d1", "t1", "답 one"), "", row("d1", "t2", "two"))
    second = write(tmp_path / "b.jsonl", row("d2", "t1", "three"))
    teacher = RecordedTeacher([first, second])
    raw = asyncio.run(teacher.answer(request("d1", "t1")))
    assert json.loads(raw) == {"reply": "답 one"}
    assert teacher.read(raw).text == "답 one"
    assert teacher.read(asyncio.run(teacher.answer(request("d2", "t1")))).text == "three"


def test_no_recorded_reply(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", row("d1", "t1", "one"))
    with pytest.raises(RequestRefused) as caught:
        asyncio.run(RecordedTeacher([file]).answer(request("x", "y")))
    assert caught.value.reason == f"no recorded reply for document 'x', task 'y' in {file}"


def test_every_fault_of_every_file_is_told(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.jsonl", "{oops", row("d", "t", "r"), [1], {"document": 1, "task": "t"}
    )
    missing = tmp_path / "none.jsonl"
    with pytest.raises(InputError) as caught:
        RecordedTeacher([first, missing])
    told = [(problem.file, problem.line, problem.field) for problem in caught.value.problems]
    assert told == [
        (first, 1, None),
        (first, 3, None),
        (first, 4, "document"),
        (first, 4, "reply"),
        (missing, None, None),
    ]
    assert "'document', 'task'" in str(caught.value)


def test_duplicates_name_both_places(tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", row("d", "t", "one"))
    second = write(tmp_path / "b.jsonl", row("e", "t", "two"), row("d", "t", "one"))
    with pytest.raises(InputError) as caught:
        RecordedTeacher([first, second])
    assert f"{second}:2" in str(caught.value)
    assert f"{first}:1" in str(caught.value)


def test_text_that_is_no_utf8_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(
        b'\xef\xbb\xbf{"document":"d","task":"t","reply":"r"}\r\n{"document":"\xff"}\n'
    )
    with pytest.raises(InputError) as caught:
        RecordedTeacher([file])
    assert [problem.line for problem in caught.value.problems] == [2]


def test_an_edited_reply_has_another_key(tmp_path: Path) -> None:
    keys = [
        key_of(
            RecordedTeacher([write(tmp_path / "a.jsonl", row("d", "t", reply))]).canonical(
                request("d", "t")
            )
        )
        for reply in ("one", "two", "one")
    ]
    assert keys[0] == keys[2] != keys[1]


def test_an_edited_reply_is_not_served_from_the_journal(tmp_path: Path, journal: Journal) -> None:
    texts = []
    for reply in ("one", "two", "two"):
        teacher = RecordedTeacher([write(tmp_path / "a.jsonl", row("d", "t", reply))])
        done: list[Asked] = []
        ask_all(teacher, [request("d", "t")], journal, on_done=done.append)
        assert done[0].reply is not None
        texts.append((done[0].reply.text, done[0].from_journal))
    assert texts == [("one", False), ("two", False), ("two", True)]


def test_an_empty_reply_is_refused(tmp_path: Path) -> None:
    teacher = RecordedTeacher([write(tmp_path / "a.jsonl", row("d", "t", " "))])
    with pytest.raises(RequestRefused, match="empty"):
        teacher.read(asyncio.run(teacher.answer(request("d", "t"))))


def test_the_sample_is_read() -> None:
    with as_file(files("chemtune") / "domains/chemistry/sample/replies") as folder:
        paths = sorted(folder.glob("*.jsonl"))
        teacher = RecordedTeacher(paths)
        lines = [
            json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()
        ]
    assert len(lines) > 10
    for line in lines:
        raw = asyncio.run(teacher.answer(request(line["document"], line["task"])))
        assert teacher.read(raw).text == line["reply"]
