"""The table of runs: sortable, searchable, its rows chosen by mouse or keyboard.

It is made of plain elements that stay where they are: what a keyboard or a screen reader stands on
does not go away when a row changes or is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from nicegui import ui

from chemtune.experiment.found_run import FoundRun
from chemtune.web.runs.rows import (
    Measured,
    Row,
    matching,
    sorted_rows,
    table_columns,
    table_row,
)
from chemtune.web.words import Words

ROWS_PER_PAGE = 25


class RunsTable:
    """The table; made where it is to stand.

    Args:
        words: Of the reader.
        on_choice: Called with the names of the chosen runs, in the order in which they were chosen.
    """

    def __init__(self, words: Words, on_choice: Callable[[list[str]], object]) -> None:
        self._words, self._on_choice = words, on_choice
        self._shown: Sequence[FoundRun] = ()
        self._columns: list[tuple[str, str]] = []
        self._rows: list[Row] = []
        self._chosen: list[str] = []
        self._sort, self._descending, self._page = "date", True, 0
        self._heads: dict[str, ui.element] = {}
        self._drawn: list[str] = []
        self._cells: dict[tuple[str, str], ui.label] = {}
        self._search = ui.input(words("Search"), on_change=self._searched)
        self._search.props('clearable dense outlined type="search"').classes("runs-search")
        scrolled = ui.element("div").classes("runs-scroll").props('tabindex="0" role="region"')
        scrolled.props["aria-label"] = words("Table of runs")
        with scrolled, ui.element("table").classes("runs-table"):
            self._head, self._body = ui.element("thead"), ui.element("tbody")
        with ui.element("div").classes("runs-line"):
            self._before = self._turner("chevron_left", words("Previous page"), -1)
            self._where = ui.label().props('aria-live="polite"').classes("quiet")
            self._after = self._turner("chevron_right", words("Next page"), 1)

    def show(self, runs: Sequence[FoundRun]) -> None:
        """Show these runs; only what is another text than before is sent."""
        if runs == self._shown:
            return
        self._shown = runs
        measured = Measured.of(runs)
        self._rows = [table_row(run, measured, self._words) for run in runs]
        columns = table_columns(measured, self._words)
        if columns != self._columns:
            self._columns, self._drawn = columns, []
            self._draw_head()
        self._draw()

    def _turner(self, icon: str, label: str, by: int) -> ui.button:
        def turn() -> None:
            self._page += by
            self._draw()

        button = ui.button(icon=icon, on_click=turn).props("flat round dense")
        button.props["aria-label"] = label
        return button

    def _searched(self) -> None:
        self._page = 0
        self._draw()

    def _sorted_by(self, key: str) -> None:
        self._descending = not self._descending if key == self._sort else False
        self._sort, self._page = key, 0
        self._draw()

    def _choose(self, name: str, chosen: bool | None) -> None:
        self._chosen = [one for one in self._chosen if one != name] + ([name] if chosen else [])
        self._on_choice(list(self._chosen))

    def _draw_head(self) -> None:
        self._head.clear()
        with self._head, ui.element("tr"):
            with ui.element("th").props('scope="col"'):
                ui.label(self._words("Chosen")).classes("runs-hidden")
            for key, label in self._columns:
                head = self._heads[key] = ui.element("th").props('scope="col"')
                button = ui.element("button").props('type="button"').classes("runs-sort")
                button.move(head)
                button.on("click", partial(self._sorted_by, key))
                with button:
                    ui.label(label)

    def _draw(self) -> None:
        for key, head in self._heads.items():
            way = "descending" if self._descending else "ascending"
            head.props["aria-sort"] = way if key == self._sort else "none"
        found = matching(self._rows, self._columns, str(self._search.value or ""))
        first = self._page * ROWS_PER_PAGE
        rows = sorted_rows(found, self._sort, descending=self._descending)
        rows = rows[first : first + ROWS_PER_PAGE]
        self._draw_where(first, len(rows), len(found))
        if [row["id"] for row in rows] != self._drawn:
            self._drawn = [row["id"] for row in rows]
            self._body.clear()
            self._cells = {}
            with self._body:
                for row in rows:
                    self._draw_row(row)
        for row in rows:
            self._fill(row)

    def _draw_where(self, first: int, count: int, total: int) -> None:
        words = self._words
        self._where.set_text(
            words("{first} to {last} of {n}", first=first + 1, last=first + count, n=total)
            if count
            else words("No run matches the search")
            if self._rows
            else words("No runs")
        )
        self._before.set_enabled(first > 0)
        self._after.set_enabled(first + count < total)

    def _draw_row(self, row: Row) -> None:
        name = row["id"]
        with ui.element("tr"):
            with ui.element("td"):
                box = ui.checkbox(value=name in self._chosen).props("dense")
                box.props["aria-label"] = row["choose"]
                box.on_value_change(lambda event: self._choose(name, event.value))
            for key, _ in self._columns:
                kind = key if key.isalpha() else "measure"
                cell = ui.element("th" if key == "name" else "td").classes(f"runs-{kind}")
                if key == "name":
                    cell.props('scope="row" translate="no"')
                with cell:
                    self._cells[name, key] = ui.label()
                    if key == "state":
                        self._cells[name, "fault"] = ui.label().classes("runs-fault")

    def _fill(self, row: Row) -> None:
        for key, _ in self._columns:
            self._cells[row["id"], key].set_text(row[key])
        self._cells[row["id"], "fault"].set_text(row["fault"])
        # The kind is a word of ours, and no text of a run.
        self._cells[row["id"], "state"].classes(replace=f"runs-kind runs-kind-{row['kind']}")
        # All of it stands in the details.
        self._cells[row["id"], "mixture"].classes(replace="runs-clamp")
