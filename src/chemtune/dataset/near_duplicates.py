"""Near-duplicates: documents that repeat most of an earlier one, by MinHash over shingles.

Signatures are 64 minima (Broder 1997) over the character 5-grams of a text, cut into 8 bands of 8
for look-up. Two texts of Jaccard similarity s share a band with probability 1 - (1 - s^8)^8: 0.92
at 0.85, 0.99 at 0.9. A shared band is a candidate; it counts where the share of equal minima says
so. Of a minimum only the lowest byte is kept, and chance agreement is taken off (b-bit minwise
hashing, Li and König 2010), so that a document costs some 200 bytes.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

PERMUTATIONS, BANDS = 64, 8
ROWS = PERMUTATIONS // BANDS
SHINGLE = 5
SEED = 1
CHANCE = 1 / 256
SPACES = re.compile(r"\W+")
FIRST_SLOTS = 1 << 12


def shingles(text: str) -> set[str]:
    """Return the character 5-grams of a text after NFKC, lower case, punctuation as one space."""
    plain = SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    return {plain[i : i + SHINGLE] for i in range(max(1, len(plain) - SHINGLE + 1))}


class NearDuplicates:
    """Tells of each text whether an earlier one is nearly the same.

    Args:
        similarity: The Jaccard similarity of shingles from which on texts are nearly the same.
    """

    def __init__(self, similarity: float) -> None:
        self.similarity = similarity
        self._ids = array("Q")
        self._minima = bytearray()
        self._bands = _Slots()

    def add(self, document_id: str, text: str) -> tuple[str, float] | None:
        """Take a text, or tell the earlier one (its id, the similarity) that it nearly repeats.

        A text that repeats another is not taken, so that a chain of small changes does not go on.
        """
        import numpy as np
        from rensa import RMinHash

        minhash = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
        minhash.update(list(shingles(text)))
        digest = np.asarray(minhash.digest(), dtype=np.uint32)
        minima = digest.astype(np.uint8)
        keys = self._keys(digest)
        best: tuple[str, float] | None = None
        for number in {found for key in keys for found in self._bands.get(key)}:
            similar = self._similar(minima, number)
            if similar >= self.similarity and (best is None or similar > best[1]):
                best = f"{self._ids[number]:016x}", similar
        if best is None:
            for key in keys:
                self._bands.put(key, len(self._ids))
            self._ids.append(int(document_id, 16))
            self._minima += minima.tobytes()
        return best

    def __len__(self) -> int:
        return len(self._ids)

    def _similar(self, minima: np.ndarray[Any, Any], number: int) -> float:
        import numpy as np

        at = number * PERMUTATIONS
        other = np.frombuffer(self._minima, np.uint8, PERMUTATIONS, at)
        equal = float(np.count_nonzero(minima == other)) / PERMUTATIONS
        # Released at once: a bytearray that is looked at cannot grow.
        del other
        return max(0.0, (equal - CHANCE) / (1 - CHANCE))

    @staticmethod
    def _keys(digest: np.ndarray[Any, Any]) -> list[int]:
        rows = digest.reshape(BANDS, ROWS)
        return [hash((band, row.tobytes())) & 0xFFFFFFFFFFFFFFFF for band, row in enumerate(rows)]


class _Slots:
    """A hash table of 64-bit keys and the numbers put under them, in twelve bytes a slot."""

    def __init__(self) -> None:
        self._keys = array("Q", bytes(8 * FIRST_SLOTS))
        self._numbers = array("I", bytes(4 * FIRST_SLOTS))
        self._used = 0

    def get(self, key: int) -> list[int]:
        """Return the numbers that were put under a key."""
        key = key or 1
        mask = len(self._keys) - 1
        at, found = key & mask, []
        while self._keys[at]:
            if self._keys[at] == key:
                found.append(self._numbers[at])
            at = (at + 1) & mask
        return found

    def put(self, key: int, number: int) -> None:
        """Put a number under a key; a key takes any number of them."""
        if self._used * 4 >= len(self._keys) * 3:
            self._grow()
        self._place(key or 1, number)
        self._used += 1

    def _place(self, key: int, number: int) -> None:
        mask = len(self._keys) - 1
        at = key & mask
        while self._keys[at]:
            at = (at + 1) & mask
        self._keys[at] = key
        self._numbers[at] = number

    def _grow(self) -> None:
        keys, numbers = self._keys, self._numbers
        self._keys = array("Q", bytes(16 * len(keys)))
        self._numbers = array("I", bytes(8 * len(keys)))
        for key, number in zip(keys, numbers, strict=True):
            if key:
                self._place(key, number)
