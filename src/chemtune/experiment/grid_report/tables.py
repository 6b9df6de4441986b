"""The paper's tables for a grid: untuned models, each one's tunings, and all side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chemtune.evaluation.families import holm
from chemtune.evaluation.statistics import ratio_interval, wilson
from chemtune.experiment.grid_report.outcomes import Column
from chemtune.experiment.grid_report.rows import Row, Rows
from chemtune.experiment.measure import Figure, share
from chemtune.experiment.measured_run import MeasuredRun, ScoredMeasure
from chemtune.experiment.run_comparison import RunComparison, compare_measures

BETTER, WORSE, NO_BETTER_THAN_ONE_LETTER = "▲", "▼", "○"


@dataclass(frozen=True)
class TableCell:
    """One figure of a table, with what it is worth.

    Attributes:
        figure: Its value with interval and, of one seed, its count.
        counts: Of several seeds, the count of each where there are counts.
        permuted: The score over all orders of the options.
        start: Against its own start.
        constant: Against the best single letter.
        better: "higher" or "lower": which values are the better ones.
    """

    figure: Figure
    counts: tuple[int, ...] = ()
    permuted: Figure | None = None
    start: RunComparison | None = None
    constant: RunComparison | None = None
    better: str = "higher"

    @property
    def marks(self) -> str:
        """What may be claimed of it, as signs: better or worse than its start; one letter."""
        marks = ""
        if self.start is not None and self.start.holds:
            higher = self.start.difference > 0
            marks = BETTER if higher == (self.better == "higher") else WORSE
        if self.constant is not None and not (self.constant.holds and self.constant.difference > 0):
            marks += NO_BETTER_THAN_ONE_LETTER
        return marks

    @property
    def number(self) -> str:
        """The figure as it is written: "87/203", "0.53", or of several seeds "87, 90 of 203"."""
        if len(self.counts) > 1 and self.figure.total:
            return f"{', '.join(map(str, self.counts))} of {self.figure.total}"
        return self.figure.number if self.figure.count is not None else f"{self.figure.value:.3f}"


@dataclass(frozen=True)
class GridTable:
    """A table: its columns' titles, and its rows, each with a cell or None for each column."""

    panel: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[TableCell | None, ...]], ...]

    @property
    def family(self) -> int:
        """How many comparisons with an own start its correction is over."""
        return sum(c is not None and c.start is not None for _, of in self.rows for c in of)


class Tables:
    """Makes the tables; a comparison is computed once, and corrected in each table anew."""

    def __init__(self, rows: Rows) -> None:
        """Take the rows of a grid."""
        self.rows = rows
        self._cells: dict[tuple[str, str, str], TableCell | None] = {}

    @cached_property
    def all(self) -> list[GridTable]:
        """The tables of all panels, in order."""
        return [table for panel in self.rows.panels for table in self._of_panel(panel)]

    def of_panel(self, panel: str) -> list[GridTable]:
        """The tables of one panel."""
        return [table for table in self.all if table.panel == panel]

    def side_by_side(self, panel: str) -> GridTable:
        """The table of a panel that has all rows: its last one."""
        return self.of_panel(panel)[-1]

    def _of_panel(self, panel: str) -> Iterable[GridTable]:
        rows, starts = self.rows.rows, self.rows.starts
        untuned = [row for row in rows if not row.tuned]
        if len(untuned) > 1:
            yield self._table(panel, "Untuned models", untuned)
        for start in starts:
            of_start = [row for row in rows if row.start == start]
            if len(of_start) > 1 or len(starts) == 1:
                yield self._table(panel, f"{start} and its tunings", of_start)
        if len(starts) > 1 and len(untuned) < len(rows):
            conditions = list(dict.fromkeys(row.condition for row in rows))
            by_condition = sorted(rows, key=lambda row: conditions.index(row.condition))
            yield self._table(panel, "All side by side", by_condition)

    def _table(self, panel: str, title: str, rows: Sequence[Row]) -> GridTable:
        columns = tuple(self.rows.panels[panel])
        cells = [[self._cell(row, panel, column) for column in columns] for row in rows]
        adjusted = _adjusted(cells)
        return GridTable(
            panel,
            title,
            columns,
            tuple((row.title, tuple(of)) for row, of in zip(rows, adjusted, strict=True)),
        )

    def _cell(self, row: Row, panel: str, title: str) -> TableCell | None:
        key = (row.title, panel, title)
        if key not in self._cells:
            column = row.column(panel, title)
            own = row.own.get(panel, {}).get(title)
            self._cells[key] = None if column is None else _compared(row, panel, title, column, own)
        return self._cells[key]


def figure_of(measure: ScoredMeasure) -> Figure | None:
    """Return the value of a measure with its interval; None where no example says anything.

    What is right or wrong of examples that stand alone has a count and Wilson's interval; all else
    is resampled by document.
    """
    parts = list(measure.parts.values())
    total = sum(below for _, _, below in parts)
    if not total:
        return None
    alone = len({cluster for cluster, _, _ in parts}) == len(parts)
    if alone and measure.yes_or_no:
        said = [above for _, above, below in parts if below]
        return share(int(sum(said)), len(said), wilson(int(sum(said)), len(said)))
    clusters, above, below = zip(*parts, strict=True)
    return Figure(sum(above) / total, ratio_interval(above, below, clusters))


def _compared(
    row: Row, panel: str, title: str, column: Column, own: Column | None
) -> TableCell | None:
    figure = figure_of(column.measure)
    if figure is None:
        return None
    each = [figure_of(cell.panels[panel][title].measure) for cell in row.cells]
    counts = tuple(f.count for f in each if f is not None and f.count is not None)
    if len(each) > 1 and counts:
        figure = replace(figure, total=len(column.measure.parts))
    names = (MeasuredRun("start", ""), MeasuredRun(row.title, ""))
    start = constant = None
    if own is not None and row.tuned:
        start = compare_measures((panel, title), names, (own.measure, column.measure))
    if column.constant is not None:
        names = (MeasuredRun("one letter", ""), MeasuredRun(row.title, ""))
        constant = compare_measures((panel, title), names, (column.constant, column.measure))
    permuted = figure_of(column.permuted) if column.permuted else None
    return TableCell(figure, counts, permuted, start, constant, column.measure.better)


def _adjusted(cells: Sequence[Sequence[TableCell | None]]) -> list[list[TableCell | None]]:
    """The cells with p adjusted: of starts one family, of single letters another one."""
    flat = [cell for of in cells for cell in of if cell is not None]
    starts = [cell.start for cell in flat if cell.start is not None]
    constants = [cell.constant for cell in flat if cell.constant is not None]
    of_starts = iter(holm([c.p for c in starts]))
    of_constants = iter(holm([c.p for c in constants]))

    def adjusted(cell: TableCell | None) -> TableCell | None:
        if cell is None:
            return None
        start = cell.start.adjusted(next(of_starts)) if cell.start else None
        constant = cell.constant.adjusted(next(of_constants)) if cell.constant else None
        return replace(cell, start=start, constant=constant)

    return [[adjusted(cell) for cell in of] for of in cells]
