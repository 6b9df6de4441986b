from __future__ import annotations

import itertools
import json
import os
import shutil
import sqlite3
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from chemtune.dataset.build import build
from chemtune.dataset.example import read_examples
from chemtune.dataset.review.filters import Filters
from chemtune.dataset.review.index import INDEX
from chemtune.dataset.review.item import Item
from chemtune.dataset.review.review import Review
from chemtune.dataset.review.short_words import KEPT
from chemtune.dataset.review.store import Sample
from chemtune.documents.document import SPLITS
from chemtune.errors import InputError
from conftest import SAMPLE, part_of

ORDER = [
    ("plain", "names"), ("plain", "words"), ("ko", "names"), ("ko", "words"), ("signs", "names"),
    ("signs", "words"), ("held", "names"), ("held", "words"), ("invented", "names"),
    ("invented", "words"), ("cut", "names"), ("cut", "words"),
]  # fmt: skip


FEWER = {("plain", "names"): '{"C": "Pt", "S": "ATO"}', ("plain", "words"): '["Pt"]'}


def ids(review: Review, who: str = "Kim", **filters: str) -> list[str]:
    return [row.id for row in review.rows(Filters(**filters), who, 0, 1000)]


def items(review: Review) -> list[Item]:
    return [review.item(one) for one in ids(review)]


def document_id(result: dict[str, Any]) -> str:
    rows = pq.read_table(Path(result["run"]) / "dataset/documents.parquet").to_pylist()
    return str(rows[0]["id"])


def found(review: Review, search: str) -> list[str]:
    """The documents found, the task of the answer aside."""
    rows = review.rows(Filters(search=search), "Kim", 0, 1000)
    return list(dict.fromkeys(row.document for row in rows))


def test_items_are_those_of_the_data_set(review: Review) -> None:
    everything = items(review)
    # Nothing is said of what has no reply.
    assert [(one.document, one.task) for one in everything] == ORDER
    accepted = {one.id: one for one in everything if one.status == "accepted"}
    folder = review.run / "dataset"
    examples = [e for split in SPLITS for e in read_examples(folder / f"{split}.parquet")]
    assert set(accepted) == {example.id for example in examples}
    for example in examples:
        one = accepted[example.id]
        same = ("document_id", "document", "task", "split", "language", "source", "licence")
        for name in (*same, "teacher", "answer", "findings", "agreement", "page"):
            assert getattr(one, name) == getattr(example, name)
        assert one.text in example.messages[0]["content"]
        for finding in one.findings:
            if finding.start is not None:
                place = one.text[finding.start : finding.end]
                assert unicodedata.normalize("NFKC", place) == finding.value


def test_rejected_answers_with_what_speaks_against_them(review: Review) -> None:
    rejected = {(one.document, one.task): one for one in items(review) if one.status == "rejected"}
    ledger = pq.read_table(review.run / "dataset/rejected.parquet").to_pylist()
    assert set(rejected) == {(row["document"], row["task"]) for row in ledger if row["reply"]}
    invented = rejected["invented", "names"]
    assert (invented.reason, invented.answer) == ("grounding", '{"C": "Ru", "S": "foam"}')
    assert [(f.value, f.severity) for f in invented.findings] == [
        ("Ru", "error"),
        ("foam", "grounded"),
    ]
    assert "Ru" in invented.detail
    assert (invented.teacher, invented.licence, invented.split) == ("recorded", "CC0", "train")
    cut = rejected["cut", "names"]
    assert (cut.reason, cut.findings, cut.answer) == ("unreadable reply", [], '{"C": "Co", "S')
    rows = {row.id: row for row in review.rows(Filters(), "Kim", 0, 99)}
    assert (rows[cut.id].findings, rows[cut.id].severity) == (1, "error")
    with pytest.raises(InputError, match="no item 'x'"):
        review.item("x")


def test_documents_of_one_name(project: Callable[..., Path]) -> None:
    texts = ["Ni on foam.", "Pt on foam."]
    documents = [{"id": "same", "text": text, "split": "train"} for text in texts]
    # A build tells documents of one name apart by what they hold.
    replies = {("same", "names"): '{"C": "Ru", "S": "foam"}'}
    first = build(project(documents=documents[1:], replies=replies))
    replies[f"same#{document_id(first)[:6]}", "names"] = '{"C": "Pt", "S": "foam"}'
    result = build(project(documents=documents, replies=replies))
    with Review.open(result["run"]) as review:
        named = [one for one in items(review) if one.task == "names"]
        assert [(one.text, one.status) for one in named] == [
            (texts[0], "rejected"),
            (texts[1], "accepted"),
        ]


def test_filters_are_what_a_loop_finds(review: Review) -> None:
    everything = items(review)
    kim, lee = everything[0], everything[1]
    review.store.decide(kim, "Kim", "accepted")
    review.store.decide(kim, "Lee", "rejected")
    review.store.decide(lee, "Lee", "corrected", answer='["ATO"]')
    review.store.decide(everything[2], "Kim", "skipped")
    said = {
        one.id: d.decision for one in everything if (d := review.store.latest(one.id).get("Kim"))
    }
    counts = {row.id: row.findings for row in review.rows(Filters(), "Kim", 0, 99)}
    values: dict[str, Callable[[Item, str], bool]] = {
        "task": lambda one, value: one.task == value,
        "split": lambda one, value: one.split == value,
        "language": lambda one, value: one.language == value,
        "status": lambda one, value: one.status == value,
        "teacher": lambda one, value: one.teacher == value,
        "decision": lambda one, value: (
            one.id == kim.id if value == "disputed" else said.get(one.id, "undecided") == value
        ),
        "finding": lambda one, value: {
            "any": counts[one.id] > 0,
            "none": counts[one.id] == 0,
        }.get(value, value in {one.reason, *(f.check for f in one.findings if f.message)}),
    }
    facets = review.facets("Kim")
    assert facets["decision"][0] == ("undecided", 10)
    for name, holds in values.items():
        for value, count in [*facets[name], ("none of these", 0)]:
            expected = [one.id for one in everything if holds(one, value)]
            assert ids(review, **{name: value}) == expected, (name, value)
            assert review.count(Filters(**{name: value}), "Kim") == len(expected) == count
    both = Filters(task="names", status="rejected")
    assert review.count(both, "Kim") == 2


def test_decided_and_disputed_by_whom(review: Review) -> None:
    one, two, three = items(review)[:3]
    review.store.decide(one, "Kim", "accepted")
    review.store.decide(two, "Kim", "skipped")
    review.store.decide(three, "Lee", "rejected")
    # What is skipped is not decided.
    assert review.progress(Filters(), "Kim") == (1, 12)
    assert review.progress(Filters(task="names", decision="undecided"), "Lee") == (1, 6)
    assert review.progress(Filters(), "Park") == (0, 12)
    first = review.store.latest(one.id)["Kim"]
    review.store.decide(one, "Lee", "rejected")
    assert ids(review, decision="disputed") == [one.id]
    assert [row.disputed for row in review.rows(Filters(), "", 0, 2)] == [True, False]
    review.store.undo("Lee")
    assert ids(review, decision="disputed") == []
    review.store.decide(one, "Kim", "rejected", seen=first.id)
    assert review.rows(Filters(), "Kim", 0, 1)[0].decision == "rejected"
    review.store.undo("Kim")
    assert review.rows(Filters(), "Kim", 0, 1)[0].decision == "accepted"


def test_the_order_is_the_same_everywhere(review: Review) -> None:
    everything = items(review)
    review.store.decide(everything[3], "Kim", "accepted")
    counts = {row.id: row.findings for row in review.rows(Filters(), "Kim", 0, 99)}
    drawn = [everything[at].id for at in (8, 3, 11, 0)]
    review.store.keep_sample(Sample("s", "random", 4, 0, "{}"), drawn)
    assert ids(review, sample="s") == drawn
    for by in (Filters(), Filters(task="names"), Filters(sample="s"), Filters(status="rejected")):
        listed = [row.id for at in range(0, 12, 3) for row in review.rows(by, "Kim", at, 3)]
        assert [review.place(by, "Kim", one) for one in listed] == list(range(len(listed)))
        for forward, undecided, with_findings in itertools.product((True, False), repeat=3):
            fit = [
                one
                for one in listed
                if not (undecided and one == everything[3].id)
                and not (with_findings and not counts[one])
            ]
            for at, one in enumerate(listed):
                rest = listed[at + 1 :] if forward else listed[:at][::-1]
                expected = next((other for other in rest if other in fit), None)
                options: dict[str, Any] = {
                    "forward": forward,
                    "undecided": undecided,
                    "with_findings": with_findings,
                }
                assert review.neighbour(by, "Kim", one, **options) == expected
            ends = (fit[::1] if forward else fit[::-1]) or [None]
            assert review.neighbour(by, "Kim", None, **options) == ends[0]
    # One goes on from an item that the filters leave out no less.
    assert review.place(Filters(task="words"), "Kim", everything[2].id) is None
    assert review.neighbour(Filters(task="words"), "Kim", everything[2].id) == everything[3].id


@pytest.mark.parametrize(
    ("search", "documents"),
    [
        ("foam", ["invented"]),
        ("FOA", ["invented"]),
        ("전도", ["ko"]),
        ("이온", ["ko"]),
        ("도", ["ko"]),
        ("촉매", ["ko"]),
        ("백금 mS", ["ko"]),
        ("백금 foam", []),
        ("iro2", ["signs"]),
        ("IrO₂-carbon", ["signs"]),
        ("cm-1", ["ko"]),
        ("ＰＬＡＩＮ", ["plain"]),
        ('"wt"', ["signs"]),
        ('"', list(dict.fromkeys(name for name, _ in ORDER))),
        ("50%", ["signs"]),
        ("0%", ["signs"]),
        ("%", ["signs"]),
        ("_", ["signs"]),
        ("a_", ["signs"]),
        ("!", []),
        ("NOT foam", []),
        ("foa* OR", []),
        ("text:foam", []),
        ("foam' OR 1=1 --", []),
        ("\0\ud800", []),
        ("  ", list(dict.fromkeys(name for name, _ in ORDER))),
    ],
)
def test_search(review: Review, search: str, documents: list[str]) -> None:
    assert found(review, search) == documents


def test_more_short_words_than_are_remembered(review: Review) -> None:
    everything = items(review)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    for letter in [*letters, *letters]:
        text = {
            one.id: f"{one.document}\n{one.text}\0{one.answer}".casefold() for one in everything
        }
        assert ids(review, search=letter) == [one for one in text if letter in text[one]]
    assert len(letters) > KEPT
    assert ids(review, search=" ".join([*letters, "zq"])) == []


def test_search_in_the_sample_is_what_a_loop_finds(tmp_path: Path) -> None:
    questions = part_of("exam_ko.jsonl", tmp_path, train=40, test=10)
    general = part_of("documents/general.jsonl", tmp_path, train=12, test=3)
    sources = [
        {"path": str(questions), "columns": {"text": "question"}, "tasks": ["multiple_choice"]},
        {"path": str(general), "tasks": ["summarization_translation", "keyword_extraction"]},
    ]
    teacher = {"kind": "recorded", "replies": str(SAMPLE / "replies")}
    recipe = {"name": "small", "documents": sources, "teacher": teacher, "run": "run"}
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")
    build(tmp_path / "recipe.yaml")
    with Review.open(tmp_path / "run") as review:
        everything = items(review)
        assert len(everything) == 80
        for word in ("산", "산화", "이온", "의", "전해질", "pt", "cat", "o2", "ing", "의 농도"):
            expected = [
                one.id
                for one in everything
                for text in [f"{one.document}\n{one.text}\0{one.answer}"]
                if all(w in unicodedata.normalize("NFKC", text).casefold() for w in word.split())
            ]
            assert ids(review, search=word) == expected
            assert expected or word in ("전해질", "의 농도")


def test_what_is_written_is_checked_as_a_build_does(review: Review) -> None:
    one = items(review)[0]
    right = review.checked(one.id, one.answer)
    assert right.findings == one.findings
    assert (right.answer, right.text) == ({"C": "Pt", "S": "ATO"}, one.answer)
    wrong = review.checked(one.id, "{'C': 'Ru', 'S': 'ATO'}")
    assert [(f.check, f.severity) for f in wrong.findings if f.message] == [
        ("format", "warning"),
        ("grounding", "error"),
    ]
    assert wrong.text == '{"C": "Ru", "S": "ATO"}'
    none = review.checked(one.id, "<script>")
    assert (none.answer, none.findings, none.text) == (None, [], "")
    assert none.unreadable


def test_severities_are_the_recipes(project: Callable[..., Path]) -> None:
    rules = {"grounding": {"severity": "warning"}, "format": {"action": "ignore"}}
    result = build(project(recipe={"checks": rules}))
    with Review.open(result["run"]) as review:
        one = items(review)[0]
        found = review.checked(one.id, "{'C': 'Ru', 'S': 'ATO'}").findings
        assert [(f.check, f.severity) for f in found if f.message] == [("grounding", "warning")]


def test_two_servers_of_one_run(review: Review) -> None:
    one = items(review)[0]
    with Review.open(review.run) as other:
        other.store.decide(one, "Kim", "rejected")
        assert ids(review, decision="rejected") == [one.id]
        review.store.undo("Kim")
        assert ids(other, decision="rejected") == []


def test_a_build_in_between(project: Callable[..., Path], reviewed: Path) -> None:
    with Review.open(reviewed) as review:
        first = items(review)[0]
        review.store.decide(first, "Kim", "accepted")
        assert not review.changed()
        fewer = [{"id": "plain", "text": "Pt on ATO.", "split": "train", "licence": "CC0"}]
        parts = [{"path": "papers.jsonl", "tasks": ["words", "names"]}]
        build(project(documents=fewer, replies=FEWER, recipe={"documents": parts}))
        assert review.changed()
        assert len(ids(review)) == 12
        review.refresh()
        assert not review.changed()
        assert [review.item(one).task for one in ids(review)] == ["words", "names"]
        assert ids(review, decision="accepted") == [first.id]


def test_the_index_is_kept_until_the_data_set_changes(reviewed: Path) -> None:
    index = reviewed / INDEX
    Review.open(reviewed).close()
    made = index.stat().st_ino
    Review.open(reviewed).close()
    assert index.stat().st_ino == made
    # A build that began, and did not end, is no change yet.
    with Review.open(reviewed) as review:
        later = time.time() + 5
        os.utime(reviewed / "dataset/documents.parquet", (later, later))
        assert not review.changed()
    Review.open(reviewed).close()
    assert index.stat().st_ino != made


def test_a_damaged_index_is_made_again(reviewed: Path) -> None:
    with Review.open(reviewed) as review:
        before = ids(review)
    (reviewed / INDEX).write_bytes(b"damaged" * 1000)
    with Review.open(reviewed) as review:
        assert ids(review) == before
    assert not list(reviewed.glob(".*.tmp"))


def test_folders_that_cannot_be_reviewed(reviewed: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run's folder"):
        Review.open(tmp_path / "domain")
    moved = tmp_path / "moved"
    shutil.copytree(reviewed, moved)
    (moved / "dataset/test.parquet").unlink()
    with pytest.raises(InputError, match=r"test\.parquet: has no data set.*`chemtune build"):
        Review.open(moved)
    (moved / "review.sqlite").unlink(missing_ok=True)
    shutil.copy(reviewed / "dataset/test.parquet", moved / "dataset/test.parquet")
    with sqlite3.connect(moved / "review.sqlite") as db:
        db.execute("CREATE TABLE other(a)")
    db.close()
    with pytest.raises(InputError, match="holds no decisions"):
        Review.open(moved)


def test_facets_count_everything(review: Review) -> None:
    facets = review.facets("Kim")
    everything = items(review)
    for name in ("task", "split", "language", "status", "teacher"):
        assert dict(facets[name]) == Counter(getattr(one, name) for one in everything)
    assert facets["sample"] == []
    assert set(facets) == set(vars(Filters())) - {"search"}
