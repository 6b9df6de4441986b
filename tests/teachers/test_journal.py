from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.errors import ChemtuneError
from chemtune.teachers.journal import SCHEMA_VERSION, Entry, Journal, key_of
from chemtune.teachers.teacher import RequestRefused

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters())
VALUES = st.recursive(
    SCALARS.filter(lambda v: not isinstance(v, str) or v.isprintable()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abcé가"), inner, max_size=3)
    ),
    max_leaves=8,
)


def turned(value: Any) -> Any:
    """The same value with the fields of every object in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(list(value))}
    return [turned(item) for item in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text("abcé가"), VALUES, max_size=4))
def test_key_is_stable_under_the_order_of_fields(canonical: dict[str, Any]) -> None:
    assert key_of(canonical) == key_of(turned(canonical))


def test_key_is_sha256_of_sorted_json() -> None:
    assert key_of({"b": [1, "가"], "a": {"d": None, "c": 0.0}}) == (
        hashlib.sha256('{"a":{"c":0.0,"d":null},"b":[1,"가"]}'.encode()).hexdigest()
    )


def test_key_changes_with_any_value() -> None:
    keys = {key_of(c) for c in ({"a": 1}, {"a": 2}, {"a": "1"}, {"b": 1}, {"a": [1]}, {})}
    assert len(keys) == 6


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(RequestRefused, match="surrogates"):
        key_of({"text": "broken \ud800"})


def test_replies_survive_reopening(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "journal.sqlite"
    with Journal(path) as journal:
        assert journal.get("k") is None
        journal.put("k", teacher="t", canonical={"a": "가"}, raw=b"\x00raw")
        assert len(journal) == 1
    with Journal(path) as journal:
        assert journal.get("k") == b"\x00raw"
    row = sqlite3.connect(path).execute("SELECT teacher, request, created FROM replies").fetchone()
    assert row[:2] == ("t", b"=" + '{"a":"가"}'.encode())
    assert row[2].endswith("+00:00")


def test_a_commit_is_synced_and_seen_by_others_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        journal.put("k", teacher="t", canonical={}, raw=b"raw")
        with Journal(path) as other:
            assert other.get("k") == b"raw"


def test_the_first_reply_stays(journal: Journal) -> None:
    journal.put("k", teacher="t", canonical={}, raw=b"first")
    assert journal.put("k", teacher="t", canonical={}, raw=b"second") == b"first"
    entries = [Entry(key, "t", {}, b"third") for key in ("k", "new")]
    assert journal.put_all(entries) == [b"first", b"third"]


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"no database at all\n" * 100)
    with pytest.raises(ChemtuneError, match=r"journal\.sqlite: .*move it away"):
        Journal(path)
    assert path.read_bytes() == b"no database at all\n" * 100


def test_a_damaged_reply_is_named(journal: Journal, tmp_path: Path) -> None:
    good, bad = key_of({"q": 1}), key_of({"q": 2})
    for key in (good, bad):
        journal.put(key, teacher="t", canonical={"q": key}, raw=b"answer")
    with closing(sqlite3.connect(journal.path)) as db:
        db.execute("UPDATE replies SET reply = x'7a0102' WHERE key = ?", (bad,))
        db.commit()
    assert journal.get(good) == b"answer"
    assert journal.by_teacher() == {"t": 2}
    for read in (lambda: journal.get(bad), lambda: list(journal.entries())):
        with pytest.raises(ChemtuneError, match=rf"the reply under key {bad} is damaged"):
            read()


def test_a_damaged_file_is_not_to_be_thrown_away(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        for n in range(200):
            journal.put(key_of({"q": n}), teacher="t", canonical={"q": n}, raw=bytes(range(256)))
    damaged = bytearray(path.read_bytes())
    damaged[8 * 4096 : 10 * 4096] = b"\xff" * 8192
    path.write_bytes(damaged)
    with (
        Journal(path) as journal,
        pytest.raises(ChemtuneError, match="Keep it, for SQLite's own tools"),
    ):
        list(journal.entries())


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs(x)")
    before = path.read_bytes()
    with pytest.raises(ChemtuneError, match="not a journal of chemtune"):
        Journal(path)
    assert path.read_bytes() == before


def test_a_journal_of_a_newer_chemtune(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    Journal(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(ChemtuneError, match=rf"version {SCHEMA_VERSION + 1}.*upgrade"):
        Journal(path)


def test_a_locked_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chemtune.databases.LOCK_WAIT_S", 0.05)
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(ChemtuneError, match="another process holds the journal"):
            journal.put("k", teacher="t", canonical={}, raw=b"raw")
        holder.execute("ROLLBACK")
        assert journal.put("k", teacher="t", canonical={}, raw=b"raw") == b"raw"


def open_and_write(path: Path, key: str, start: threading.Barrier) -> None:
    start.wait()
    with Journal(path) as journal:
        journal.put(key, teacher="t", canonical={}, raw=b"reply")


def test_a_new_journal_opened_by_many_at_once(tmp_path: Path) -> None:
    # Without waiting where SQLite does not, about one round in twenty-five failed.
    for number in range(100):
        start = threading.Barrier(6)
        path = tmp_path / f"{number}.sqlite"
        with ThreadPoolExecutor(6) as pool:
            written = [pool.submit(open_and_write, path, str(k), start) for k in range(6)]
        for one in written:
            one.result()
        with Journal(path) as journal:
            assert len(journal) == 6


def test_a_full_disk_keeps_what_is_there(journal: Journal) -> None:
    journal.put("small", teacher="t", canonical={}, raw=b"raw")
    pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
    journal._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(ChemtuneError, match="the disk is full; make room and run again"):
        journal.put("large", teacher="t", canonical={}, raw=os.urandom(100_000))
    assert journal.get("small") == b"raw"
    assert journal.get("large") is None
    journal._db.execute("PRAGMA max_page_count = 100000")
    assert journal.put("large", teacher="t", canonical={}, raw=b"y") == b"y"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ChemtuneError, match="cannot make the journal's folder"):
        Journal(tmp_path / "file" / "journal.sqlite")


def test_a_journal_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ChemtuneError, match="check that it is a file"):
        Journal(tmp_path)


def test_a_journal_of_version_1_is_read_and_packed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as old:
        old.execute(
            "CREATE TABLE replies(key TEXT PRIMARY KEY, teacher TEXT NOT NULL, "
            "request TEXT NOT NULL, reply BLOB NOT NULL, created TEXT NOT NULL)"
        )
        rows = [
            (key_of({"n": n}), "t", f'{{"n":{n}}}', b"reply " * (1 + 100 * n), "2026-01-02")
            for n in range(3)
        ]
        old.executemany("INSERT INTO replies VALUES (?, ?, ?, ?, ?)", rows)
        old.execute("PRAGMA user_version = 1")
    old.close()
    for _ in range(2):
        with Journal(path) as journal:
            kept = [(e.key, e.teacher, e.canonical, e.raw, e.created) for e in journal.entries()]
            assert journal.get(key_of({"n": 2})) == b"reply " * 201
    assert kept == [(key, t, {"n": n}, raw, c) for n, (key, t, _, raw, c) in enumerate(rows)]


def test_what_repeats_costs_little(journal: Journal) -> None:
    text = "The membrane showed a conductivity of 98 mS/cm. " * 40
    raw = b'{"choices": []}' * 20
    entries = [Entry(str(n), "t", {"n": n, "text": text}, raw) for n in range(200)]
    journal.put_all(entries)
    (size,) = journal._db.execute("SELECT page_count * page_size FROM pragma_page_count, "
                                  "pragma_page_size").fetchone()  # fmt: skip
    assert size / 200 < (len(text) + len(raw)) / 4


def test_compacting_loses_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.sqlite") as journal:
        for n in range(300):
            raw = hashlib.sha256(str(n).encode()).digest() * 40
            journal.put(str(n), teacher="t", canonical={"n": n}, raw=raw)
        with journal.changing() as db:
            db.execute("DELETE FROM replies WHERE rowid % 3")
        before, after = journal.compact()
        assert after < before
        assert after == (tmp_path / "j.sqlite").stat().st_size
        assert len(list(journal.entries())) == 100
