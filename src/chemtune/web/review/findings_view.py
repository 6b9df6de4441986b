"""What the checks say of an answer, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from chemtune.checks.finding import Finding
from chemtune.web.words import Words, marked

SEVERITY = {"error": marked("Error"), "warning": marked("Warning")}
SHOWN = 40


class FindingsView:
    """Lists findings; one with a span scrolls to it when it is clicked.

    Args:
        words: The reader's words.
        chosen: Told the number of a finding that was clicked.
    """

    def __init__(self, words: Words, chosen: Callable[[int], None]) -> None:
        self._words = words
        self._chosen = chosen
        self._list = ui.element("div").classes("findings").props('aria-live="polite"')
        self._list.props["aria-label"] = words("Findings")

    def show(self, findings: Sequence[Finding], unreadable: str) -> None:
        """List what is objected to, then in one line what stands in the document."""
        words = self._words
        objections = [(n, f) for n, f in enumerate(findings) if f.severity != "grounded"]
        objections.sort(key=lambda one: one[1].severity != "error")
        self._list.clear()
        with self._list:
            if unreadable:
                said = words("The answer cannot be read: {why}", why=unreadable)
                ui.label(said).classes("finding error")
            for number, finding in objections[:SHOWN]:
                self._row(number, finding)
            if len(objections) > SHOWN:
                ui.label(words("and {n} more", n=len(objections) - SHOWN)).classes("quiet")
            grounded = sum(f.severity == "grounded" for f in findings)
            if grounded:
                ui.label(words("Values that stand in the document: {n}", n=grounded)).classes(
                    "finding grounded"
                )
            elif not objections and not unreadable:
                ui.label(words("The checks say nothing.")).classes("quiet")

    def _row(self, number: int, finding: Finding) -> None:
        with ui.element("div").classes(f"finding {finding.severity}"):
            ui.label(self._words(SEVERITY[finding.severity])).classes("severity")
            what = " ".join(part for part in (finding.field, f"{finding.value!r}") if part)
            ui.label(
                f"{what} {finding.message}"
                if finding.value
                else f"{finding.field} {finding.message}".strip()
            )
            if finding.start is not None:
                button = ui.button(icon="my_location", on_click=lambda: self._chosen(number))
                button.props("flat dense round size=sm")
                button.props["aria-label"] = self._words("Show it in the document")
