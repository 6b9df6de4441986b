"""What may be claimed of a grid's tuned models: better or worse than their own start, in what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chemtune.experiment.claim import p_value
from chemtune.experiment.grid_report.tables import GridTable, TableCell, Tables


@dataclass
class Finding:
    """What holds of a row of the tables in one direction.

    Attributes:
        title: The row's.
        better: Than its own start, or worse.
        outcomes: Of each panel, its columns with difference and interval.
        p: The largest one, adjusted.
    """

    title: str
    better: bool
    outcomes: dict[str, list[str]] = field(default_factory=dict)
    p: float = 0.0

    @property
    def count(self) -> int:
        """How many differences hold."""
        return sum(map(len, self.outcomes.values()))

    @property
    def claim(self) -> str:
        """What is said of the row: "is worse than its own start in 3 outcomes (each p ≤ 0.004)"."""
        way = "better" if self.better else "worse"
        if self.count == 1:
            return f"is {way} than its own start in one outcome (p {p_value(self.p)})"
        most = p_value(self.p).replace("=", "≤")
        return f"is {way} than its own start in {self.count} outcomes (each p {most})"


def findings(tables: Tables) -> list[Finding]:
    """Return what holds of each row, what is better first; each panel by the table that has all."""
    found: dict[tuple[str, bool], Finding] = {}
    for panel in tables.rows.panels:
        if not tables.of_panel(panel):
            continue
        for title, column, cell in _holding(tables.side_by_side(panel)):
            assert cell.start is not None
            difference = cell.start.difference
            better = (difference > 0) == (cell.better == "higher")
            finding = found.setdefault((title, better), Finding(title, better))
            low, high = cell.start.interval
            # An interval stays in one line.
            interval = f"[{low:+.3f},\N{NO-BREAK SPACE}{high:+.3f}]"
            said = f"{column} {difference:+.3f}\N{NO-BREAK SPACE}{interval}"
            finding.outcomes.setdefault(panel, []).append(said)
            finding.p = max(finding.p, cell.start.p_holm)
    order = list(dict.fromkeys(title for title, _ in found))
    return sorted(found.values(), key=lambda one: (order.index(one.title), not one.better))


def _holding(table: GridTable) -> Iterator[tuple[str, str, TableCell]]:
    for at, column in enumerate(table.columns):
        for title, cells in table.rows:
            cell = cells[at]
            if cell is not None and cell.start is not None and cell.start.holds:
                yield title, column, cell
