"""The items around the one at hand, as a list."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from chemtune.web.review.desk import Desk
from chemtune.web.review.filters_bar import VALUES
from chemtune.web.words import Words

SHOWN = 24
ICONS = {"accepted": "check", "rejected": "close", "corrected": "edit", "skipped": "redo"}


class QueueView:
    """A window of the list of items; a click takes one up.

    Args:
        words: The reader's words.
        titles: The tasks' titles by name.
        chosen: Told the id of the item that was clicked.
    """

    def __init__(self, words: Words, titles: dict[str, str], chosen: Callable[[str], None]) -> None:
        self._words, self._titles, self._chosen = words, titles, chosen
        self._box = ui.element("nav").classes("queue")
        self._box.props["aria-label"] = words("Items")

    def show(self, desk: Desk) -> None:
        """Show the items around the one at hand."""
        place = desk.place() or 0
        first = max(0, place - SHOWN // 3)
        rows = desk.review.rows(desk.filters, desk.reviewer, first, SHOWN)
        self._box.clear()
        with self._box:
            for row in rows:
                here = desk.item is not None and row.id == desk.item.id
                entry = ui.element("button").classes("queue-row")
                entry.props('type="button"').on("click", lambda _, id=row.id: self._chosen(id))
                if here:
                    entry.props('aria-current="true"')
                with entry:
                    ui.label(row.document).classes("queue-name")
                    ui.label(self._titles.get(row.task, row.task)).classes("quiet")
                    with ui.element("div").classes("queue-state"):
                        self._state(row.decision, row.severity, row.status)

    def _state(self, decision: str, severity: str, status: str) -> None:
        if decision in ICONS:
            words = self._words(VALUES[decision])
            ui.icon(ICONS[decision]).classes(decision).props["aria-label"] = words
        if severity == "error" or status == "rejected":
            ui.icon("error").classes("error").props["aria-label"] = self._words(
                "rejected by the checks"
            )
        elif severity == "warning":
            ui.icon("warning").classes("warning").props["aria-label"] = self._words("with warnings")
