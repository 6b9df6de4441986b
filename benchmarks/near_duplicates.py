"""Near-duplicates: ours beside datasketch on the same texts, shingles and permutations.

    python benchmarks/near_duplicates.py [--texts 100000]

Texts of about 60 words are drawn at random; one in five is followed by a changed copy of itself.
The true Jaccard similarity of each copy is computed from the shingles. Recall is over the copies of
at least 0.9; a false alarm is a text told to repeat another with less than 0.7.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Callable

from chemtune.dataset.near_duplicates import PERMUTATIONS, NearDuplicates, shingles

SIMILARITY = 0.85
STEMS = ("plat", "irid", "hydr", "carb", "oxid", "poly", "sulf", "chlor")
ENDS = ("um", "ane", "ate", "ic", "ene", "ide", "yl", "one")
WORDS = [stem + end for stem in STEMS for end in ENDS]


def texts_of(count: int) -> tuple[list[str], dict[int, int]]:
    """The texts, and for each copy the number of its original."""
    rng = random.Random(0)
    texts: list[str] = []
    copies: dict[int, int] = {}
    while len(texts) < count:
        words = [rng.choice(WORDS) + str(rng.randrange(1000)) for _ in range(60)]
        texts.append(" ".join(words))
        if rng.random() < 0.2 and len(texts) < count:
            for position in rng.sample(range(60), rng.randrange(1, 12)):
                words[position] = "changed"
            copies[len(texts)] = len(texts) - 1
            texts.append(" ".join(words))
    return texts, copies


def ours(texts: list[str]) -> dict[int, int]:
    near = NearDuplicates(SIMILARITY)
    found = {}
    for number, text in enumerate(texts):
        match = near.add(f"{number:x}", text)
        if match is not None:
            found[number] = int(match[0], 16)
    return found


def datasketch(texts: list[str]) -> dict[int, int]:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=SIMILARITY, num_perm=PERMUTATIONS)
    kept, found = {}, {}
    for number, text in enumerate(texts):
        minhash = MinHash(num_perm=PERMUTATIONS)
        minhash.update_batch([shingle.encode() for shingle in shingles(text)])
        others = [other for other in index.query(minhash)
                  if minhash.jaccard(kept[other]) >= SIMILARITY]  # fmt: skip
        if others:
            found[number] = others[0]
        else:
            index.insert(number, minhash)
            kept[number] = minhash
    return found


def report(
    name: str, work: Callable[[list[str]], dict[int, int]], texts: list[str], copies: dict[int, int]
) -> float:
    started = time.perf_counter()
    found = work(texts)
    wall = time.perf_counter() - started

    def similarity(one: int, other: int) -> float:
        first, second = shingles(texts[one]), shingles(texts[other])
        return len(first & second) / len(first | second)

    near = [copy for copy, first in copies.items() if similarity(copy, first) >= 0.9]
    hit = sum(copy in found for copy in near)
    false = sum(similarity(one, other) < 0.7 for one, other in found.items())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:12} {wall:7.1f} s  {1e6 * wall / len(texts):6.0f} us a text  "
          f"recall {hit} of {len(near)}  false alarms {false}  peak {memory:.0f} MiB",
          flush=True)  # fmt: skip
    return wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    texts, copies = texts_of(parser.parse_args().texts)
    started = time.perf_counter()
    for text in texts:
        shingles(text)
    print(f"shingling alone {time.perf_counter() - started:.1f} s")
    mine = report("ours", ours, texts, copies)
    theirs = report("datasketch", datasketch, texts, copies)
    print(f"{theirs / mine:.1f} times as fast as datasketch")


if __name__ == "__main__":
    main()
