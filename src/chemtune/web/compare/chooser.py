"""Chooser: a held-out document with a task, or a prompt of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import events, ui

from chemtune.use.side_by_side.held_out import HeldOut, Place
from chemtune.use.side_by_side.models import Wish
from chemtune.web.words import Words

# Options are sent whole; further ones are found by what is typed.
MOST_LISTED = 50
OWN, HELD_OUT = "own", "held-out"
LONGEST_ANSWER = 2048


class Chooser:
    """The controls above the columns.

    Args:
        words: The reader's words.
        chosen: Called when another document is chosen, or a prompt of one's own is wanted.
    """

    def __init__(self, words: Words, chosen: Callable[[], None]) -> None:
        self._words = words
        self._chosen = chosen
        self._held_out: HeldOut | None = None
        self._quiet = False
        kinds = {HELD_OUT: words("A held-out document"), OWN: words("A prompt of your own")}
        self._kind = ui.radio(kinds, value=HELD_OUT, on_change=self._switch).props("inline")
        self._kind.props["aria-label"] = words("What is asked")
        with ui.element("div").classes("compare-bar") as self._documents:
            self._task = ui.select({}, label=words("Task"), on_change=self._task_changed)
            self._document = ui.select(
                {}, label=words("Document"), with_input=True, on_change=self._document_changed
            ).classes("compare-document")
            self._document.on("input-value", self._search, throttle=0.2, leading_events=False)
            for label, step in ((words("Previous document"), -1), (words("Next document"), 1)):
                button = ui.button(label, on_click=lambda step=step: self.step(step))
                button.props("flat no-caps")
        with ui.element("div").classes("compare-own") as self._own:
            self._prompt = ui.textarea(words("Prompt")).props("outlined autogrow maxlength=60000")
            self._prompt.classes("compare-prompt")
            self._system = ui.input(words("System message (may stay empty)"))
            self._system.classes("compare-prompt").props("maxlength=20000")
            with ui.element("div").classes("compare-bar"):
                self._most = ui.number(
                    words("Most tokens"), value=256, min=1, max=LONGEST_ANSWER, precision=0
                )
                self._temperature = ui.number(
                    words("Temperature"), value=0.0, min=0.0, max=2.0, step=0.1
                )
        self._own.set_visibility(False)

    @property
    def own(self) -> bool:
        """Whether a prompt of the reader's own is asked."""
        return bool(self._kind.value == OWN)

    @property
    def task(self) -> str:
        """The task that is chosen, or ""."""
        return str(self._task.value or "")

    @property
    def place(self) -> Place | None:
        """The document that is chosen."""
        if self._held_out is None or not self._document.value:
            return None
        return self._held_out.place(self.task, self._document.value)

    def own_wish(self) -> Wish | None:
        """Return the prompt of the reader's own; None where there is none."""
        prompt = (self._prompt.value or "").strip()
        if not prompt:
            return None
        system = (self._system.value or "").strip()
        messages = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": prompt})
        most = int(min(max(self._most.value or 1, 1), LONGEST_ANSWER))
        warm = float(min(max(self._temperature.value or 0.0, 0.0), 2.0))
        return Wish(messages, max_tokens=most, temperature=warm)

    def offer(self, held_out: HeldOut, item: str) -> None:
        """Offer the held-out documents, and choose one.

        Args:
            held_out: The documents.
            item: The id of the document's example, or "" for the first document.
        """
        self._held_out = held_out
        document_id, _, task = item.partition("-")
        if held_out.place(task, document_id) is None:
            document_id, task = "", next(iter(held_out.places), "")
        titles = {name: held_out.tasks[name].title for name in held_out.places}
        self._quiet = True
        self._task.set_options(titles, value=task or None)
        self._quiet = False
        self._choose(held_out.beside(task, document_id or None, 0))

    def step(self, step: int) -> None:
        """Go on by so many documents."""
        if self._held_out is not None and not self.own:
            self._choose(self._held_out.beside(self.task, self._document.value, step))

    def _choose(self, place: Place | None) -> None:
        self._list("", place)
        self._chosen()

    def _list(self, text: str, place: Place | None) -> None:
        """List the documents that are found, and one that is chosen, whatever is found."""
        if self._held_out is None:
            return
        found = self._held_out.search(self.task, text, MOST_LISTED)
        listed = {one.id: one for one in ([place] if place else []) + found}
        named = {id_: self._name(one) for id_, one in listed.items()}
        self._quiet = True
        self._document.set_options(named, value=place.id if place else None)
        self._quiet = False

    def _name(self, place: Place) -> str:
        split = {"test": self._words("test"), "validation": self._words("validation")}
        name = f"{place.name} · {place.title}" if place.title else place.name
        return f"{name} ({split[place.split]})"

    def _search(self, event: events.GenericEventArguments) -> None:
        typed: Any = event.args
        held_out = self._held_out
        few = held_out is None or len(held_out.places.get(self.task, ())) <= MOST_LISTED
        # Few are searched by the browser.
        if not few and isinstance(typed, str):
            self._list(typed, self.place)

    def _task_changed(self) -> None:
        if not self._quiet and self._held_out is not None:
            # The same document, where the other task is asked of it too.
            kept = self._held_out.place(self.task, self._document.value or "")
            self._choose(kept or self._held_out.beside(self.task, None, 0))

    def _document_changed(self) -> None:
        if not self._quiet and self._document.value:
            self._chosen()

    def _switch(self) -> None:
        self._documents.set_visibility(not self.own)
        self._own.set_visibility(self.own)
        self._chosen()
