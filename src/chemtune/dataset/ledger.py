"""The ledger: everything that did not make it, or not whole, with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from chemtune.dataset.example import write_table

SCHEMA = pa.schema(
    [
        (name, pa.string())
        for name in ("stage", "outcome", "document", "task", "reason", "detail", "reply")
    ]
)


@dataclass(frozen=True)
class Entry:
    """One line of the ledger.

    Attributes:
        stage: Where it happened: "document", "teacher", "reading", "checks", "tokens".
        outcome: "rejected", or "cut" where only a part was left out.
        document: The document's name.
        task: The task's name, or "".
        reason: A short reason, for counting.
        detail: What exactly, for reading.
        reply: The teacher's reply, where there is one.
    """

    stage: Literal["document", "teacher", "reading", "checks", "tokens"]
    outcome: Literal["rejected", "cut"]
    document: str
    task: str
    reason: str
    detail: str
    reply: str = ""


class Ledger:
    """Entries in the order in which they came."""

    def __init__(self) -> None:
        """Begin an empty ledger."""
        self.entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Write down one entry."""
        self.entries.append(entry)

    def by_reason(self) -> dict[str, int]:
        """Return the number of rejections by reason, most frequent first, then by name."""
        counts = Counter(e.reason for e in self.entries if e.outcome == "rejected")
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def write(self, path: Path) -> None:
        """Write the ledger as a Parquet file, by document and task."""
        entries = sorted(self.entries, key=lambda e: (e.document, e.task))
        write_table(path, [asdict(entry) for entry in entries], SCHEMA)
