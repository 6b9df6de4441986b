from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from chemtune.dataset.build import build
from chemtune.dataset.review.agreement import between
from chemtune.dataset.review.filters import Filters
from chemtune.dataset.review.item import Item
from chemtune.dataset.review.review import Review
from chemtune.dataset.review.store import Sample


def items(review: Review, **filters: str) -> list[Item]:
    return [review.item(row.id) for row in review.rows(Filters(**filters), "", 0, 999)]


def test_kappa_and_counts(project: Callable[..., Path]) -> None:
    documents = [
        {"id": f"d{n}", "text": f"Pt on ATO, number {n}.", "split": "train"} for n in range(30)
    ]
    replies = {(f"d{n}", "names"): '{"C": "Pt", "S": "ATO"}' for n in range(30)}
    parts = [{"path": "papers.jsonl", "tasks": ["names"]}]
    recipe = {"documents": parts, "near_duplicates": None}
    result = build(project(documents=documents, replies=replies, recipe=recipe))
    rng = random.Random(0)
    kinds = ("accepted", "rejected", "corrected", "skipped")
    with Review.open(result["run"]) as review:
        said: list[tuple[str, str]] = []
        for one in items(review):
            first, second = rng.choice(kinds), rng.choice((*kinds, ""))
            if rng.random() < 0.5:
                second = first
            for who, what in (("Kim", first), ("Lee", second)):
                if what:
                    answer = '{"C": "Pt", "S": "N/A"}' if what == "corrected" else ""
                    review.store.decide(one, who, what, answer=answer)
            said.append((first, second))
        found = between(review, "Kim", "Lee")
        review.store.keep_sample(
            Sample("half", "random", 15, 0, "{}"), [one.id for one in items(review)[:15]]
        )
        half = between(review, "Kim", "Lee", sample="half")
    both = [(a, b) for a, b in said if {a, b} <= {"accepted", "rejected", "corrected"}]
    right = [(a == "accepted", b == "accepted") for a, b in both]
    assert found.items == len(both) > 10
    assert found.agreed == sum(a == b for a, b in right)
    assert found.kappa == pytest.approx(cohen_kappa_score(*zip(*right, strict=True)))
    assert found.interval[0] <= found.kappa <= found.interval[1]
    assert found.decisions == Counter(both)
    assert found.apart == 0
    # Here all corrections are the same, so that right against wrong is all there is to dispute.
    assert len(found.disputed) == sum(a != b for a, b in right)
    assert half.items == sum({a, b} <= {*kinds[:3]} for a, b in said[:15]) < found.items


def test_answers_are_compared_field_by_field(review: Review) -> None:
    plain, ko, signs, held = (items(review, task="names")[at] for at in range(4))
    words = items(review, task="words", search="plain")[0]

    def say(one: Item, kim: str | None, lee: str | None) -> None:
        for who, answer in (("Kim", kim), ("Lee", lee)):
            kind = "rejected" if answer is None else "corrected" if answer else "accepted"
            review.store.decide(one, who, kind, answer=answer or "")

    say(plain, "", "")
    say(ko, '{"C": "백금", "S": "탄소"}', '{"C": "백금", "S": "N/A"}')
    say(signs, '{"C": "IrO₂", "S": "carbon black"}', "")
    say(held, None, "")
    say(words, None, '["Pt"]')
    found = between(review, "Kim", "Lee")
    assert found.items == 5
    # C: Pt, 백금 and IrO₂ are alike; S: ATO is alike, 탄소 stands alone, carbon is another one.
    fields = {(one.task, one.field): (one.examples, one.f1) for one in found.fields}
    by_field = {field: values for (task, field), values in fields.items() if task == "names"}
    assert by_field["C"] == (3, 1.0)
    # One alike, one missed, and carbon black against carbon: 2 / (2 + 2 + 1) = 0.4.
    assert by_field["S"] == (3, pytest.approx(0.4))
    assert set(found.disputed) == {ko.id, signs.id, held.id}
    assert found.decisions["rejected", "corrected"] == 1
    assert review.rows(Filters(decision="disputed"), "Kim", 0, 9)[0].id == ko.id
    assert review.count(Filters(decision="disputed"), "Kim") == 3


def test_nothing_in_common(review: Review) -> None:
    one, other = items(review)[:2]
    review.store.decide(one, "Kim", "accepted")
    review.store.decide(other, "Lee", "accepted")
    found = between(review, "Kim", "Lee")
    assert (found.items, found.kappa, found.interval) == (0, 0.0, (-1.0, 1.0))
    assert (found.fields, found.disputed) == ([], [])


def test_answers_of_another_build_are_no_pair(review: Review) -> None:
    one = items(review)[0]
    corrected = '{"C": "Pt", "S": "N/A"}'
    review.store.decide(one, "Kim", "corrected", answer=corrected)
    after = Item(**{**vars(one), "answer": corrected})
    review.store.decide(after, "Lee", "accepted")
    found = between(review, "Kim", "Lee")
    # Lee accepted what Kim wrote: that is no dispute, and no pair of words on one answer.
    assert (found.items, found.apart, found.disputed) == (0, 1, [])
    review.store.undo("Lee")
    review.store.decide(after, "Lee", "rejected")
    assert between(review, "Kim", "Lee").disputed == [one.id]
