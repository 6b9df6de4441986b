from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.dataset.review.item import Item
from chemtune.dataset.review.store import Decision, Overtaken, ReviewStore, Sample
from chemtune.errors import ChemtuneError, InputError

Make = Callable[..., Item]
ITEMS = ("a", "b", "c")
WRITER = """
import sys
from pathlib import Path
from chemtune.dataset.review.item import Item
from chemtune.dataset.review.store import Overtaken, ReviewStore
path, who, how = sys.argv[1:]
store = ReviewStore(Path(path))
for number in range(100_000 if how == "endless" else 40):
    name = f"{number}" if how == "race" else f"{who}-{number}"
    item = Item(name, name, name, "t", "train", "en", "", "", "", "accepted", "", "", "", "x")
    try:
        print(store.decide(item, "same" if how == "race" else who, "accepted").id, flush=True)
    except Overtaken:
        print("overtaken", flush=True)
"""


@pytest.fixture
def store(tmp_path: Path):
    with ReviewStore(tmp_path / "review.sqlite") as opened:
        yield opened


def writer(path: Path, who: str, how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), who, how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_decision_holds_what_was_judged_by_whom_and_when(store: ReviewStore, item: Make) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    made = store.decide(item(), "Kim", "corrected", answer="Pt₃", note="see Q2")
    assert store.latest("d-names") == {"Kim": made}
    assert store.standing("Kim") == {"d-names": made}
    # printf Pt | sha256sum
    sha256 = "b602b7029be6532204bd31185da415d258df68e8d351c1eb5997c8644f384e28"
    assert made == Decision(
        1, "d-names", "d", "d", "names", "Kim", "corrected", "Pt₃", sha256, "see Q2", made.at
    )
    assert before <= datetime.fromisoformat(made.at) <= datetime.now(UTC)
    assert made.at.endswith("+00:00")


def test_another_tab_does_not_overwrite(store: ReviewStore, item: Make) -> None:
    first = store.decide(item(), "Kim", "accepted")
    with pytest.raises(Overtaken) as raised:
        store.decide(item(), "Kim", "rejected")
    assert raised.value.latest == first
    second = store.decide(item(), "Kim", "rejected", seen=first.id)
    with pytest.raises(Overtaken):
        store.decide(item(), "Kim", "skipped", seen=first.id)
    other = store.decide(item(), "Lee", "accepted")
    assert store.latest("d-names") == {"Kim": second, "Lee": other}
    assert store.history("d-names") == [first, second, other]
    assert store.reviewers() == ["Kim", "Lee"]


def test_what_was_withdrawn_is_as_if_undecided(store: ReviewStore, item: Make) -> None:
    first = store.decide(item(), "Kim", "accepted")
    assert store.undo("Kim") == first
    assert store.latest("d-names") == store.standing("Kim") == {}
    withdrawn = store.history("d-names")[-1]
    assert withdrawn.decision == "withdrawn"
    # A tab that still shows the withdrawn decision is told; one that shows none is not.
    with pytest.raises(Overtaken) as raised:
        store.decide(item(), "Kim", "rejected", seen=first.id)
    assert raised.value.latest == withdrawn
    assert store.decide(item(), "Kim", "rejected").decision == "rejected"
    assert store.undo("Lee") is None


def test_undoing_a_change_restores_what_stood_before(store: ReviewStore, item: Make) -> None:
    first = store.decide(item(), "Kim", "corrected", answer="Pd", note="why")
    between = store.decide(item("e"), "Kim", "accepted")
    last = store.decide(item(), "Kim", "rejected", seen=first.id)
    assert store.undo("Kim") == last
    again = store.latest("d-names")["Kim"]
    assert (again.decision, again.answer, again.note) == ("corrected", "Pd", "why")
    # What was restored counts from when it was first said: the one in between goes first.
    assert store.undo("Kim") == between
    assert store.undo("Kim") == first
    assert store.undo("Kim") is None
    assert store.standing("Kim") == {}
    assert [d.decision for d in store.history("d-names")] == [
        "corrected", "rejected", "withdrawn", "corrected", "withdrawn",
    ]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("Kim", "Lee")),
            st.sampled_from((*ITEMS, "undo", "undo")),
            st.sampled_from(("accepted", "rejected", "corrected", "skipped")),
        ),
        max_size=25,
    )
)
def test_undo_is_a_stack_for_each_reviewer(steps: list[tuple[str, str, str]]) -> None:
    stacks: dict[str, list[tuple[str, str, str]]] = {"Kim": [], "Lee": []}
    with TemporaryDirectory() as folder, ReviewStore(Path(folder) / "r.sqlite") as store:
        for number, (who, what, decision) in enumerate(steps):
            stack = stacks[who]
            if what == "undo":
                undone = store.undo(who)
                expected = stack.pop() if stack else None
                assert (undone and (undone.item, undone.decision, undone.note)) == expected
            else:
                one = Item(what, what, what, "t", "", "", "", "", "", "accepted", "", "", "", "x")
                seen = store.latest(what).get(who)
                answer = "y" if decision == "corrected" else ""
                store.decide(
                    one, who, decision, answer=answer, note=str(number), seen=seen.id if seen else 0
                )
                stack.append((what, decision, str(number)))
            expected_now = {item: (decision, note) for item, decision, note in stack}
            standing = store.standing(who)
            assert {i: (d.decision, d.note) for i, d in standing.items()} == expected_now
            for item in ITEMS:
                assert store.latest(item).get(who) == standing.get(item)


def test_threads_of_one_store(store: ReviewStore, item: Make) -> None:
    def decide(number: int) -> int:
        store.latest(f"{number % 7}-names")
        return store.decide(item(str(number)), "Kim", "accepted").id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(decide, range(60)))
    assert sorted(ids) == list(range(1, 61))
    assert len(store.standing("Kim")) == 60


def test_processes_that_race_for_the_same_items(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    running = [writer(path, str(number), "race") for number in range(3)]
    lines = [process.communicate(timeout=60)[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    won = [line for of_process in lines for line in of_process if line != "overtaken"]
    # One of the three has each item; nobody's word was written over.
    assert sorted(map(int, won)) == list(range(1, 41))
    with ReviewStore(path) as store:
        assert store.count() == len(store.standing("same")) == 40


def test_a_killed_server_loses_no_decision_that_it_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    process = writer(path, "Kim", "endless")
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(30)]
    os.kill(process.pid, signal.SIGKILL)
    told += process.stdout.read().split()
    process.wait()
    with ReviewStore(path) as store:
        kept = {decision.id for decision in store.standing("Kim").values()}
        assert {int(line) for line in told} <= kept
        assert len(kept) - len(told) <= 1


@pytest.mark.parametrize(
    ("decision", "answer"), [("withdrawn", ""), ("", ""), ("accepted", "Pt"), ("corrected", "")]
)
def test_no_decision(store: ReviewStore, item: Make, decision: str, answer: str) -> None:
    with pytest.raises(ValueError, match=r"decision|correction"):
        store.decide(item(), "Kim", decision, answer=answer)
    assert store.count() == 0


def test_names_and_notes_of_a_browser(store: ReviewStore, item: Make) -> None:
    with pytest.raises(InputError, match="reviewer's name"):
        store.decide(item(), " ", "accepted")
    made = store.decide(item(), " 김'; DROP TABLE decisions --\ud800 ", "accepted", note="\udfff")
    assert (made.reviewer, made.note) == ("김'; DROP TABLE decisions --?", "?")
    assert store.history("d-names") == [made]
    assert store.undo(made.reviewer) == made


def test_samples(store: ReviewStore) -> None:
    asked = Sample("gold", "random", 2, 0, "{}")
    assert store.keep_sample(asked, ["b", "a"])
    assert not store.keep_sample(asked, ["c"])
    assert [(kept.name, kept.size) for kept in store.samples()] == [("gold", 2)]
    assert store.sample_items("gold") == ["b", "a"]
    assert store.sample_items("other") == []


def test_files_that_are_none_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE other(a)")
    db.close()
    with pytest.raises(InputError, match="holds no decisions"):
        ReviewStore(path)
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ChemtuneError, match="no SQLite database"):
        ReviewStore(path)
    newer = tmp_path / "newer.sqlite"
    ReviewStore(newer).close()
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(InputError, match="upgrade chemtune"):
        ReviewStore(newer)
