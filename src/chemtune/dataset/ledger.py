"""The ledger: everything that did not make it, or not whole, with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from chemtune.dataset.rows import RowWriter, rows_written

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
        stage: Where it happened: "document", "teacher", "reading", "checks", "review", "tokens".
        outcome: "rejected", or "cut" where only a part was left out.
        document: The document's name.
        task: The task's name, or "".
        reason: A short reason, for counting.
        detail: What exactly, for reading.
        reply: The teacher's reply, where there is one; at "review" the answer that people looked
            at, as it stood.
    """

    stage: Literal["document", "teacher", "reading", "checks", "review", "tokens"]
    outcome: Literal["rejected", "cut"]
    document: str
    task: str
    reason: str
    detail: str
    reply: str = ""


class Ledger:
    """Entries in the order in which they came, in memory."""

    def __init__(self) -> None:
        """Begin an empty ledger."""
        self.entries: list[Entry] = []
        self.rejected: Counter[str] = Counter()
        self.cut = 0

    def add(self, entry: Entry) -> None:
        """Write down one entry."""
        self.count(entry)
        self.entries.append(entry)

    def count(self, entry: Entry) -> None:
        """Count one entry."""
        if entry.outcome == "rejected":
            self.rejected[entry.reason] += 1
        else:
            self.cut += 1

    def by_reason(self) -> dict[str, int]:
        """Return the number of rejections by reason, most frequent first, then by name."""
        return dict(sorted(self.rejected.items(), key=lambda item: (-item[1], item[0])))

    def write(self, path: Path) -> None:
        """Write the ledger as a Parquet file."""
        with rows_written(path, SCHEMA) as rows:
            for entry in self.entries:
                rows.write(asdict(entry))


class LedgerFile(Ledger):
    """A ledger whose entries go to a file as they come; made by `ledger_written`."""

    def __init__(self, rows: RowWriter) -> None:
        super().__init__()
        self._rows = rows

    def add(self, entry: Entry) -> None:
        """Write down one entry in the file."""
        self.count(entry)
        self._rows.write(asdict(entry))


@contextmanager
def ledger_written(path: Path) -> Iterator[LedgerFile]:
    """Yield a ledger whose file takes its place at `path` when the block ends well."""
    with rows_written(path, SCHEMA) as rows:
        yield LedgerFile(rows)
