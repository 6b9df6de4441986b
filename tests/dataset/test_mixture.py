from __future__ import annotations

from collections import Counter

from chemtune.dataset.example import Example
from chemtune.dataset.mixture import mixed


def examples(task: str, count: int) -> list[Example]:
    common = {"split": "train", "messages": [], "answer": "", "language": "en", "source": ""}
    return [
        Example(document_id=f"{i}", document=f"d{i}", task=task, licence="", teacher="", **common)
        for i in range(count)
    ]


def test_numbers_repeat_and_share() -> None:
    both = examples("a", 8) + examples("b", 4)
    counts = Counter(example.id for example in mixed(both, {"a": 0.5, "b": 2.25}))
    assert sum(n for id_, n in counts.items() if id_.endswith("-a")) == 4
    assert sorted(n for id_, n in counts.items() if id_.endswith("-b")) == [2, 2, 2, 3]


def test_a_share_is_the_same_whatever_the_order() -> None:
    some = examples("a", 20)
    first = {e.id for e in mixed(some, {"a": 0.3})}
    assert first == {e.id for e in mixed(some[::-1], {"a": 0.3})}
    assert len(first) == 6


def test_without_a_mixture_every_example_comes_once() -> None:
    some = examples("a", 3) + examples("b", 2)
    assert mixed(some, None) == some
    assert mixed(some, {"b": 1}) == some[3:]
