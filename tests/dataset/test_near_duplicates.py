from __future__ import annotations

import random

import pytest

from chemtune.dataset.near_duplicates import NearDuplicates, _Slots, shingles

STEMS, ENDS = ("plat", "irid", "hydr", "carb", "oxid"), ("um", "ane", "ate", "ic")
WORDS = [stem + end for stem in STEMS for end in ENDS]


def text_of(rng: random.Random, words: int = 120) -> list[str]:
    return [rng.choice(WORDS) + str(rng.randrange(500)) for _ in range(words)]


def jaccard(one: str, other: str) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b)


def test_what_nearly_repeats_is_told_with_its_first_and_what_does_not_is_kept() -> None:
    rng = random.Random(0)
    near = NearDuplicates(0.8)
    kept: dict[str, str] = {}
    planted, found, wrong = 0, 0, 0
    for number in range(300):
        words = text_of(rng)
        first = " ".join(words)
        name = f"{2 * number:016x}"
        assert near.add(name, first) is None
        kept[name] = first
        for position in rng.sample(range(len(words)), rng.randrange(1, 14)):
            words[position] = "changed"
        second = " ".join(words)
        similarity = jaccard(first, second)
        match = near.add(f"{2 * number + 1:016x}", second)
        if similarity >= 0.88:
            planted += 1
            found += match is not None
        if match is not None:
            wrong += jaccard(kept[match[0]], second) < 0.7
            assert match[1] == pytest.approx(similarity, abs=0.2)
    assert planted >= 100
    assert found / planted >= 0.95
    assert wrong == 0


def test_case_width_and_punctuation_do_not_count() -> None:
    near = NearDuplicates(0.99)
    assert near.add("1", "IrO₂ on carbon: 98 mS/cm. 전도도가 높다.") is None
    match = near.add("2", "iro2 ON carbon 98 ms cm 전도도가  높다!")
    assert match == ("0000000000000001", 1.0)
    assert near.add("3", "") is None
    assert len(near) == 2


def test_the_table_holds_what_was_put() -> None:
    rng = random.Random(1)
    slots, oracle = _Slots(), dict[int, list[int]]()
    for number in range(8_000):
        key = rng.choice([rng.getrandbits(64), rng.getrandbits(8) << 40, 0])
        slots.put(key, number)
        oracle.setdefault(key or 1, []).append(number)
    for key, numbers in oracle.items():
        assert sorted(slots.get(key)) == numbers
    assert slots.get(12345) == oracle.get(12345, [])
