from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.dataset.example import read_examples, write_examples
from chemtune.dataset.review.filters import Filters
from chemtune.dataset.review.review import Review
from chemtune.dataset.review.sampling import allotted, draw
from chemtune.errors import InputError

EVERYTHING = Filters()


def stratum(name: str) -> tuple[str, str, str]:
    return name, "en", "accepted"


@pytest.mark.parametrize(
    ("counts", "size", "expected"),
    [
        # 10 of 100: shares of 5.0, 3.0, 2.0.
        ({"a": 50, "b": 30, "c": 20}, 10, {"a": 5, "b": 3, "c": 2}),
        # Shares of 4.7, 4.2, 1.1: the seat that is left goes to the greatest remainder.
        ({"a": 47, "b": 42, "c": 11}, 10, {"a": 5, "b": 4, "c": 1}),
        # c's share of 0.1 is raised to 1; 9 are left for a and b: 8.1 and 0.9, which is raised too.
        ({"a": 89, "b": 10, "c": 1}, 10, {"a": 8, "b": 1, "c": 1}),
        # Equal remainders of 1.5: by name.
        ({"b": 5, "a": 5}, 3, {"a": 2, "b": 1}),
        ({"a": 2, "b": 1}, 3, {"a": 2, "b": 1}),
        ({"a": 1000, "b": 1, "c": 1}, 3, {"a": 1, "b": 1, "c": 1}),
    ],
)
def test_strata_by_hand(counts: dict[str, int], size: int, expected: dict[str, int]) -> None:
    given_out = allotted({stratum(name): count for name, count in counts.items()}, size)
    assert given_out == {stratum(name): count for name, count in expected.items()}


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.data())
def test_strata_hold_what_they_give(sizes: list[int], data: st.DataObject) -> None:
    counts = {stratum(f"{at}"): count for at, count in enumerate(sizes)}
    size = data.draw(st.integers(len(sizes), sum(sizes)))
    given_out = allotted(counts, size)
    assert sum(given_out.values()) == size
    assert given_out.keys() == counts.keys()
    for name, count in counts.items():
        assert 1 <= given_out[name] <= count
        # No stratum has more than its share, rounded up.
        assert given_out[name] <= max(1, -(-size * count // sum(sizes)))


def test_the_same_settings_give_the_same_sample(review: Review, reviewed: Path) -> None:
    drawn = draw(review, "s", "random", 5, 7, EVERYTHING, "Kim")
    assert len(set(drawn)) == 5
    assert draw(review, "s", "random", 5, 7, EVERYTHING, "Lee") == drawn
    assert [row.id for row in review.rows(Filters(sample="s"), "Kim", 0, 9)] == drawn
    assert review.facets("Kim")["sample"] == [("s", 5)]
    assert draw(review, "more", "random", 9, 7, EVERYTHING, "Kim")[:5] == drawn
    assert draw(review, "other", "random", 9, 8, EVERYTHING, "Kim")[:5] != drawn
    assert len(draw(review, "all", "random", 999, 0, EVERYTHING, "Kim")) == 12
    # Of the same data set, another store draws the same.
    review.close()
    (reviewed / "review.sqlite").unlink()
    with Review.open(reviewed) as again:
        assert draw(again, "x", "random", 5, 7, EVERYTHING, "Kim") == drawn


def test_every_item_is_as_likely(review: Review) -> None:
    drawn = Counter(
        one
        for seed in range(200)
        for one in draw(review, f"{seed}", "random", 3, seed, EVERYTHING, "Kim")
    )
    # 200 draws of 3 among 12: 50 each, with a standard deviation of 6.1.
    assert len(drawn) == 12
    assert all(abs(count - 50) < 5 * 6.1 for count in drawn.values())


def test_stratified_by_task_language_and_status(review: Review) -> None:
    # Names: 4 accepted, 2 rejected; words, of which the run's checks rejected some.
    candidates = review.candidates(EVERYTHING, "Kim")
    kind = {one.id: (one.task, one.language, one.status) for one in candidates}
    counts = Counter(kind.values())
    drawn = draw(review, "s", "stratified", 6, 0, EVERYTHING, "Kim")
    assert Counter(kind[one] for one in drawn) == allotted(counts, 6)
    with pytest.raises(InputError, match=f"draw {len(counts)} or more"):
        draw(review, "few", "stratified", 1, 0, EVERYTHING, "Kim")
    names = Filters(task="names", status="accepted")
    assert len(draw(review, "one kind", "stratified", 1, 0, names, "Kim")) == 1
    assert {kind[one][:1] for one in draw(review, "n", "random", 4, 0, names, "Kim")} == {
        ("names",)
    }


def test_disagreement_first(reviewed: Path) -> None:
    path = reviewed / "dataset/train.parquet"
    agreements = iter((0.5, 1.0, 0.0))
    examples = [
        type(one)(**{**vars(one), "agreement": next(agreements, None)})
        for one in read_examples(path)
    ]
    write_examples(path, examples)
    by_id = {one.id: one.agreement for one in examples}
    with Review.open(reviewed) as review:
        shown = {row.id: row.findings for row in review.rows(EVERYTHING, "Kim", 0, 99)}
        calm = [one for one, count in shown.items() if not count and by_id.get(one) in (None, 1.0)]
        disputed = review.item(calm[-1])
        review.store.decide(disputed, "Kim", "accepted")
        review.store.decide(disputed, "Lee", "rejected")
        drawn = draw(review, "s", "disagreement", 12, 0, EVERYTHING, "Kim")
        low = [one for one in drawn if (by_id.get(one) is not None and by_id[one] < 1)]
        assert [by_id[one] for one in drawn[: len(low)]] == [0.0, 0.5]
        assert drawn[2] == disputed.id
        objected = [bool(shown[one]) for one in drawn[3:]]
        assert objected == sorted(objected, reverse=True)
        assert any(objected)
        assert not all(objected)


def test_what_cannot_be_drawn(review: Review) -> None:
    draw(review, "gold", "random", 2, 0, EVERYTHING, "Kim")
    for changed in (
        ("gold", "random", 3, 0, EVERYTHING),
        ("gold", "random", 2, 1, EVERYTHING),
        ("gold", "disagreement", 2, 0, EVERYTHING),
        ("gold", "random", 2, 0, Filters(task="names")),
    ):
        with pytest.raises(InputError, match="sample 'gold' with other settings: 2 by random"):
            draw(review, *changed, "Kim")
    with pytest.raises(InputError, match=r"needs a name[\s\S]*did you mean 'random'[\s\S]*0 items"):
        draw(review, " ", "randon", 0, 0, EVERYTHING, "Kim")
    with pytest.raises(InputError, match="leave no item"):
        draw(review, "none", "random", 2, 0, Filters(search="zzz"), "Kim")


def test_filters_by_decision_are_a_reviewers(review: Review) -> None:
    first = review.item(review.rows(EVERYTHING, "Kim", 0, 1)[0].id)
    review.store.decide(first, "Kim", "accepted")
    mine = Filters(decision="accepted")
    assert draw(review, "mine", "random", 5, 0, mine, "Kim") == [first.id]
    # Undone or not, a sample that was drawn stays.
    review.store.undo("Kim")
    assert draw(review, "mine", "random", 5, 0, mine, "Kim") == [first.id]
    with pytest.raises(InputError, match="other settings"):
        draw(review, "mine", "random", 5, 0, mine, "Lee")
