from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.dataset.example import Example
from chemtune.dataset.mixture import (
    by_count,
    by_share,
    by_temperature,
    by_times,
    counts_of,
    mixed,
)

THERE = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 5000), min_size=1)


def examples(task: str, count: int) -> list[Example]:
    common = {"split": "train", "messages": [], "answer": "", "language": "en", "source": ""}
    return [
        Example(document_id=f"{i}", document=f"d{i}", task=task, licence="", teacher="", **common)
        for i in range(count)
    ]


def test_more_than_there_are_come_again() -> None:
    both = examples("a", 8) + examples("b", 4)
    counts = Counter(example.id for example in mixed(both, {"a": 4, "b": 9, "c": 5}))
    assert sum(n for id_, n in counts.items() if id_.endswith("-a")) == 4
    assert sorted(n for id_, n in counts.items() if id_.endswith("-b")) == [2, 2, 2, 3]


def test_a_part_is_the_same_whatever_the_order() -> None:
    some = examples("a", 20)
    first = {e.id for e in mixed(some, {"a": 6})}
    assert first == {e.id for e in mixed(some[::-1], {"a": 6})}
    assert len(first) == 6
    assert first < {e.id for e in mixed(some, {"a": 9})}


def test_without_counts_every_example_comes_once() -> None:
    some = examples("a", 3) + examples("b", 2)
    assert mixed(some, None) == some
    assert mixed(some, {"b": 2}) == some[3:]
    assert counts_of(some) == {"a": 3, "b": 2}


def test_times_and_counts() -> None:
    assert by_times({"a": 8, "b": 4}, {"a": 0.5, "b": 2.25, "c": 1}) == {"a": 4, "b": 9, "c": 0}
    assert by_count({"a": 8, "b": 4}, {"a": 5, "b": 9, "c": 1}) == {"a": 5, "b": 4, "c": 0}


def test_shares() -> None:
    there = {"a": 100, "b": 10, "c": 7}
    assert by_share(there, {"a": 0.8, "b": 0.2}) == {"a": 88, "b": 22}
    assert by_share(there, {"a": 4, "b": 1}, 10) == {"a": 8, "b": 2}
    assert by_share(there, {"a": 1, "none": 9}, 50) == {"a": 50}
    assert by_share(there, {"none": 1}, 50) == {}


def test_temperature() -> None:
    there = {"a": 900, "b": 100}
    assert by_temperature(there, 1.0) == there
    # Square roots: 30 and 10.
    assert by_temperature(there, 2.0) == {"a": 750, "b": 250}
    assert by_temperature(there, 1e9, 10) == {"a": 5, "b": 5}


@given(THERE, st.floats(1, 20), st.integers(1, 10_000))
def test_counts_add_up_to_the_total(there: dict[str, int], t: float, total: int) -> None:
    counts = by_temperature(there, t, total)
    assert sum(counts.values()) == total
    shares = {task: n ** (1 / t) for task, n in there.items()}
    for task, share in shares.items():
        assert counts[task] == pytest.approx(total * share / sum(shares.values()), abs=1)
