"""Reference: the answer that the others are compared with, and how near they come to it."""

from __future__ import annotations

from collections.abc import Mapping

from nicegui import ui

from chemtune.use.side_by_side.held_out import Case
from chemtune.web.words import Words


class Reference:
    """The reference answer beside a table of F1 by field.

    Args:
        words: The reader's words.
        who: The names of those who answer, in the reader's language.
    """

    def __init__(self, words: Words, who: Mapping[str, str]) -> None:
        self._words = words
        self._who = who
        self._scores: dict[str, Mapping[str, float]] = {}
        with ui.element("div").classes("compare-below") as self._all:
            with ui.element("section").classes("compare-column") as section:
                section.props["aria-label"] = words("Reference answer")
                with ui.element("h2"):
                    ui.label(words("Reference answer"))
                self._by = ui.label().classes("quiet")
                self._text = ui.label().classes("compare-text").props("translate=no tabindex=0")
                self._text.props["aria-label"] = words("Reference answer")
            with ui.element("section").classes("compare-column") as section:
                section.props["aria-label"] = words("F1 against the reference")
                with ui.element("h2"):
                    ui.label(words("F1 against the reference"))
                self._table = ui.element("div")
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self._scores = {}
        self._table.clear()
        self._all.set_visibility(False)

    def show(self, case: Case) -> None:
        """Show the reference of a document, where it has one."""
        self.clear()
        if case.example is None:
            return
        self._all.set_visibility(True)
        self._text.set_text(case.example.answer)
        if case.example.teacher == "document":
            self._by.set_text(self._words("The document brings it."))
        else:
            said = self._words("By {who}, as the checks accepted it", who=case.example.teacher)
            self._by.set_text(said)
        self._draw()

    def score(self, who: str, agreement: Mapping[str, float] | None) -> None:
        """Add one's F1 by field; None where there is no reference."""
        if agreement is None:
            return
        self._scores[who] = agreement
        self._draw()

    def forget(self, who: str) -> None:
        """Take one's F1 away, for it answers anew."""
        if self._scores.pop(who, None) is not None:
            self._draw()

    def _draw(self) -> None:
        fields = dict.fromkeys(field for scores in self._scores.values() for field in scores)
        self._table.clear()
        if not fields:
            with self._table:
                ui.label(self._words("Nobody has answered yet.")).classes("quiet")
            return
        with self._table, ui.element("table").classes("compare-scores"):
            with ui.element("thead"), ui.element("tr"):
                with ui.element("th").props("scope=col"):
                    ui.label(self._words("Field"))
                for name in self._who.values():
                    with ui.element("th").props("scope=col").classes("number"):
                        ui.label(name)
            with ui.element("tbody"):
                for field in fields:
                    self._row(field)

    def _row(self, field: str) -> None:
        with ui.element("tr"):
            with ui.element("th").props("scope=row"):
                ui.label(field)
            for who in self._who:
                value = self._scores.get(who, {}).get(field)
                with ui.element("td").classes("number"):
                    ui.label("–" if value is None else f"{value:.2f}")
