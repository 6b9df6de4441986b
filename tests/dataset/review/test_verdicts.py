"""What stands of many people's decisions."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chemtune.dataset.review.verdicts import Verdict, read_verdicts, sample_of
from chemtune.errors import InputError
from review_file import decide, draw

TEACHER = '{"C": "Ru"}'
FIRST, SECOND = '{"C": "Pt"}', '{"C": "Ni"}'


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "review.sqlite"


def vote(path: Path, decision: str, reviewer: str, of: str = TEACHER, **more: Any) -> None:
    decide(path, ("0123", "paper"), "names", decision, of, reviewer=reviewer, **more)


def stands(*paths: Path) -> Verdict:
    (verdict,) = read_verdicts(*paths).values()
    return verdict


def test_the_newest_decision_of_a_reviewer_counts(path: Path) -> None:
    vote(path, "rejected", "Kim")
    vote(path, "accepted", "Kim", note="after all")
    vote(path, "skipped", "Lee")
    assert read_verdicts(path) == {
        "0123-names": Verdict(
            item="0123-names",
            document="paper",
            task="names",
            decision="accepted",
            answer="",
            author="",
            judged=frozenset([sha(TEACHER)]),
            reviewers=("Kim",),
            note="after all",
            at="2026-03-01T10:00:00+00:00",
        )
    }
    vote(path, "withdrawn", "Kim")
    assert read_verdicts(path) == {}


@pytest.mark.parametrize(
    ("kim", "lee", "decision"),
    [
        ({"decision": "accepted"}, {"decision": "rejected"}, "disputed"),
        ({"decision": "accepted"}, {"decision": "corrected", "answer": FIRST}, "disputed"),
        (
            {"decision": "corrected", "answer": FIRST},
            {"decision": "corrected", "answer": SECOND},
            "disputed",
        ),
        (
            {"decision": "corrected", "answer": FIRST},
            {"decision": "corrected", "answer": FIRST},
            "corrected",
        ),
        # Both call the teacher's answer wrong.
        ({"decision": "corrected", "answer": FIRST}, {"decision": "rejected"}, "corrected"),
        # Lee saw the corrected answer, after a build took it.
        (
            {"decision": "corrected", "answer": FIRST},
            {"decision": "accepted", "of": FIRST},
            "corrected",
        ),
        (
            {"decision": "corrected", "answer": FIRST},
            {"decision": "rejected", "of": FIRST},
            "disputed",
        ),
        ({"decision": "accepted"}, {"decision": "skipped"}, "accepted"),
    ],
)
def test_two_reviewers(path: Path, kim: dict[str, str], lee: dict[str, str], decision: str) -> None:
    vote(path, reviewer="Kim", **kim)
    vote(path, reviewer="Lee", **lee)
    verdict = stands(path)
    assert verdict.decision == decision
    assert verdict.answer == (FIRST if decision == "corrected" else "")
    assert verdict.author == ("Kim" if decision == "corrected" else "")
    # A dispute ends when one of them changes their word.
    vote(path, "withdrawn", "Lee")
    assert stands(path).decision == kim["decision"]


def test_who_accepts_the_own_correction_later_still_means_it(path: Path) -> None:
    vote(path, "corrected", "Kim", answer=FIRST)
    vote(path, "accepted", "Kim", of=FIRST)
    assert (stands(path).decision, stands(path).answer) == ("corrected", FIRST)


def test_who_rejects_a_correction_wants_what_it_corrected_no_more(path: Path) -> None:
    vote(path, "corrected", "Kim", answer=FIRST)
    vote(path, "corrected", "Kim", of=FIRST, answer=SECOND)
    vote(path, "rejected", "Kim", of=SECOND)
    verdict = stands(path)
    assert verdict.decision == "rejected"
    assert verdict.judged == {sha(TEACHER), sha(FIRST), sha(SECOND)}


def test_over_several_files_the_latest_counts(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "a #1 review.sqlite"
    vote(path, "accepted", "Kim", at="2026-03-02T10:00:00+00:00")
    vote(other, "rejected", "Kim", at="2026-03-03T10:00:00+00:00")
    assert stands(path, other).decision == stands(other, path).decision == "rejected"


def test_a_file_that_a_server_writes_to_is_read(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        vote(path, "accepted", "Kim")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE decisions SET decision = 'rejected'")
        assert stands(path).decision == "accepted"
        db.execute("COMMIT")
        assert stands(path).decision == "rejected"


def test_reading_changes_nothing(path: Path) -> None:
    vote(path, "accepted", "Kim")
    before = path.read_bytes()
    read_verdicts(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_files_that_hold_no_decisions(path: Path) -> None:
    with pytest.raises(InputError, match=r"review\.sqlite: no such file"):
        read_verdicts(path)
    path.write_text("no database " * 100, "utf-8")
    with pytest.raises(InputError, match="holds no decisions that can be read: file is not a"):
        read_verdicts(path)
    path.unlink()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE replies (key TEXT)")
    with pytest.raises(InputError, match="no such table: decisions"):
        read_verdicts(path)


def test_a_sample_in_its_order(path: Path) -> None:
    draw(path, "first", ["b", "a"])
    assert sample_of(path, "first") == ["b", "a"]
    with pytest.raises(InputError, match=r"no sample 'frist' \(did you mean 'first'\?\)"):
        sample_of(path, "frist")
