from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chemtune.cli.main import app
from chemtune.errors import InputError
from chemtune.teachers.exchange import export_journal, import_journal
from chemtune.teachers.journal import Entry, Journal, key_of


def entry(number: int, raw: bytes) -> Entry:
    canonical = {"n": number, "text": "전도도"}
    return Entry(key_of(canonical), "t", canonical, raw, "2026-01-02T03:04:05.000+00:00")


def test_what_is_exported_can_be_imported(journal: Journal, tmp_path: Path) -> None:
    entries = [entry(1, "답".encode()), entry(2, b"\xff\x00"), entry(3, b"")]
    journal.put_all(entries)
    path = tmp_path / "replies.jsonl"
    assert export_journal(journal, path) == 3
    with Journal(tmp_path / "other.sqlite") as other:
        other.put_all([entry(2, b"was here")])
        assert import_journal(other, path) == (3, 2)
        assert import_journal(other, path) == (3, 0)
        found = {e.key: (e.raw, e.created) for e in other.entries()}
    assert found[entries[0].key] == (entries[0].raw, entries[0].created)
    assert found[entries[1].key][0] == b"was here"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hello", "replies.jsonl:2: is no line of an exported journal: JSONDecodeError"),
        ("[]", "is no line"),
        ('{"key": "k", "reply": "r"}', "no teacher, created, request"),
        (
            '{"key": "k", "teacher": "t", "created": "c", "request": {}, "reply": "r"}',
            "key: the key is not that of its request",
        ),
        (
            '{"key": "k", "teacher": "t", "created": {}, "request": {}, "reply": "r"}',
            "replies.jsonl:2: created: is no line of an exported journal: {} is no text",
        ),
        (
            '{"key": "k", "teacher": "t", "created": "c", "request": 4, "reply": "r"}',
            "request: is no line of an exported journal: 4 is no object",
        ),
    ],
)
def test_a_faulty_line_is_named(journal: Journal, tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "replies.jsonl"
    journal.put_all([entry(1, b"a")])
    export_journal(journal, path)
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    with Journal(tmp_path / "other.sqlite") as other:
        with pytest.raises(InputError) as caught:
            import_journal(other, path)
        assert message in str(caught.value)
        # What came before the fault is kept.
        assert len(other) == 1


def test_a_journal_is_not_written_over(journal: Journal, tmp_path: Path) -> None:
    journal.put_all([entry(1, b"a")])
    with pytest.raises(InputError, match=r"journal\.sqlite: is a journal, and is not written over"):
        export_journal(journal, journal.path)
    with Journal(journal.path) as again:
        assert len(again) == 1
    with pytest.raises(InputError, match="cannot be written: Is a directory"):
        export_journal(journal, tmp_path)


def test_the_folder_of_a_run_that_is_still_to_come(journal: Journal, tmp_path: Path) -> None:
    journal.put_all([entry(1, b"a")])
    exported, run = tmp_path / "out.jsonl", tmp_path / "runs" / "new"
    export_journal(journal, exported)
    told = CliRunner().invoke(app, ["journal", "import", str(run), str(exported)])
    assert "1 of 1 replies are new" in told.stdout
    with Journal(run / "journal.sqlite") as other:
        assert len(other) == 1


def test_by_the_command_line(journal: Journal, tmp_path: Path) -> None:
    journal.put_all([entry(1, b"a"), entry(2, b"b")])
    run = CliRunner()
    folder = str(journal.path.parent)
    told = run.invoke(app, ["journal", "info", folder, "--json"])
    assert json.loads(told.stdout)["by_teacher"] == {"t": 2}
    out, other = str(tmp_path / "out.jsonl"), str(tmp_path / "other.sqlite")
    assert "2 replies written" in run.invoke(app, ["journal", "export", folder, out]).stdout
    assert "2 of 2 replies are new" in run.invoke(app, ["journal", "import", other, out]).stdout
    assert "MiB now" in run.invoke(app, ["journal", "compact", folder]).stdout
    missing = run.invoke(app, ["journal", "info", str(tmp_path / "none")])
    assert "there is no journal" in str(missing.exception)
