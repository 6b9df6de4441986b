"""The dialog that draws a sample to review, such as for a gold set."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import run, ui

from chemtune.dataset.review.review import Review
from chemtune.dataset.review.sampling import draw
from chemtune.errors import InputError
from chemtune.web.review.desk import Desk
from chemtune.web.words import Words, marked

METHODS = {
    "stratified": marked("stratified: every task, language and state in proportion"),
    "random": marked("random"),
    "disagreement": marked("where the second teacher or reviewers disagree, first"),
}


class SampleDialog:
    """Asks for a sample's name, method, size and seed, and draws it among the items looked at.

    Args:
        words: The reader's words.
        review: The run's items.
        desk: The reader's desk.
        drawn: Told the name of a sample that was drawn.
    """

    def __init__(
        self, words: Words, review: Review, desk: Desk, drawn: Callable[[str], None]
    ) -> None:
        self._words, self._review, self._desk, self._drawn = words, review, desk, drawn
        with ui.dialog() as self._dialog, ui.card():
            ui.label(words("Draw a sample")).classes("pane-title").props('role="heading"')
            ui.label(words("Two reviewers who read the same sample can be compared.")).classes(
                "quiet"
            )
            self._name = ui.input(words("Name"), value="gold").props("autofocus")
            options = {name: words(said) for name, said in METHODS.items()}
            self._method = ui.select(options, label=words("Method"), value="stratified")
            self._method.classes("sample-method")
            self._size = ui.number(words("Size"), value=50, min=1, max=100_000, precision=0)
            self._seed = ui.number(words("Seed"), value=0, min=0, precision=0)
            self._fault = ui.label().classes("finding error").props('role="alert"')
            self._fault.visible = False
            with ui.row():
                ui.button(words("Draw"), on_click=self._draw).props("no-caps")
                ui.button(words("Cancel"), on_click=self._dialog.close).props("flat no-caps")

    def open(self) -> None:
        """Ask."""
        self._fault.visible = False
        self._dialog.open()

    async def _draw(self) -> None:
        name = " ".join((self._name.value or "").split())
        if not name:
            self._say(self._words("Give the sample a name."))
            return
        try:
            await run.io_bound(
                draw,
                self._review,
                name,
                self._method.value,
                int(self._size.value or 1),
                int(self._seed.value or 0),
                self._desk.filters,
                self._desk.reviewer,
            )
        except InputError as error:
            self._say(error.told())
            return
        self._dialog.close()
        self._drawn(name)

    def _say(self, fault: str) -> None:
        self._fault.text, self._fault.visible = fault, True
