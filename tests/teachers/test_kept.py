from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from chemtune.errors import ChemtuneError
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.kept import look_up

REQUESTS = [{"n": n} for n in range(5)]
KEYS = [key_of(request) for request in REQUESTS]


def filled(path: Path) -> Journal:
    journal = Journal(path)
    for key, request in list(zip(KEYS, REQUESTS, strict=True))[:3]:
        journal.put(key, teacher="t", canonical=request, raw=b"{}")
    journal.note_spending("run", 1.25, None)
    return journal


def test_replies_are_counted_while_the_journal_is_written_and_after(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = filled(path)
    # What was written waits in a file beside the journal's.
    assert look_up(path, KEYS).replies == 3
    journal.close()
    files = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    kept = look_up(path, KEYS)
    assert (kept.replies, kept.spent_usd) == (3, 1.25)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == files


def test_no_journal_is_made(tmp_path: Path) -> None:
    assert look_up(tmp_path / "none.sqlite", KEYS).replies == 0
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_no_journal(tmp_path: Path) -> None:
    text = tmp_path / "text.sqlite"
    text.write_text("no database at all, but some lines of text\n" * 30)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as file:
        file.execute("CREATE TABLE things(x)")
    file.close()
    for path in (text, other):
        with pytest.raises(ChemtuneError, match="not a readable journal"):
            look_up(path, KEYS)
