"""Which documents a build has met: in some 200 bytes each, for there may be a million."""

from __future__ import annotations

import hashlib
from array import array


class Seen:
    """The documents met so far, by content, with the sources and the name under which they came."""

    def __init__(self) -> None:
        """Begin with none."""
        # "source name" in one string: a tuple of the two would cost half as much again.
        self._first: dict[int, str] = {}
        self._names: set[int] = set()
        self._later: dict[int, list[int]] = {}

    def name_of(self, document_id: str) -> str | None:
        """Return the name under which a document came first, or None when it is new."""
        first = self._first.get(int(document_id, 16))
        return None if first is None else first.partition(" ")[2]

    def has_name(self, name: str) -> bool:
        """Whether some document came under `name`."""
        return _hash(name) in self._names

    def sources_of(self, document_id: str) -> list[int]:
        """Return the sources that the document came from, in order."""
        key = int(document_id, 16)
        first = self._first.get(key)
        return [] if first is None else [int(first.partition(" ")[0]), *self._later.get(key, [])]

    def add(self, document_id: str, name: str, source: int) -> None:
        """Note that a document came from a source; its first name stays."""
        key = int(document_id, 16)
        if key in self._first:
            self._later.setdefault(key, []).append(source)
        else:
            self._first[key] = f"{source} {name}"
            self._names.add(_hash(name))

    def __len__(self) -> int:
        return len(self._first)


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())


class Distinct:
    """Counts distinct document ids, in eight bytes each."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ids = array("Q")

    def add(self, document_id: str) -> None:
        """Note one id."""
        key = int(document_id, 16)
        if not self._ids or self._ids[-1] != key:
            self._ids.append(key)

    def __len__(self) -> int:
        import numpy as np

        return len(np.unique(np.frombuffer(self._ids, dtype=np.uint64))) if self._ids else 0
