"""The buttons of a decision, and the keys that do the same."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from chemtune.dataset.review.store import Decision
from chemtune.web.review.filters_bar import VALUES
from chemtune.web.words import Words, marked

# By the key's place and not by its letter: a Korean keyboard may be writing Hangul.
KEYS = {
    "KeyA": "accepted",
    "KeyR": "rejected",
    "KeyS": "skipped",
    "KeyU": "undo",
    "KeyN": "findings",
    "KeyJ": "next",
    "ArrowRight": "next",
    "KeyK": "previous",
    "ArrowLeft": "previous",
    "Escape": "restore",
    "Shift+Slash": "keys",
}
# These two put the cursor somewhere, and at once: what is typed next must not be taken for keys
# while the server is asked.
FOCUS = """
document.addEventListener("keydown", (event) => {
  const wanted = {KeyC: ".answer-form textarea, .answer-form input", Slash: ".filter-search input"};
  const held = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
  const typing = document.activeElement.matches("input, textarea, select");
  const field = document.querySelector(wanted[event.code] || "none");
  if (held || typing || !field) return;
  event.preventDefault();
  field.focus();
});
"""
EXPLAINED = (
    ("A", marked("accept")),
    ("R", marked("reject")),
    ("C", marked("correct: go to the first field")),
    ("Ctrl+Enter", marked("save the correction")),
    ("Esc", marked("leave a field; once more takes your changes back")),
    ("S", marked("skip")),
    ("U", marked("undo the last decision")),
    ("N", marked("next with findings")),
    ("J →", marked("next")),
    ("K ←", marked("previous")),
    ("/", marked("search")),
    ("?", marked("these keys")),
)
BUTTONS = (
    ("accepted", marked("Accept"), "A", "check"),
    ("rejected", marked("Reject"), "R", "close"),
    ("corrected", marked("Save correction"), "Ctrl+Enter", "edit"),
    ("skipped", marked("Skip"), "S", "redo"),
    ("undo", marked("Undo"), "U", "undo"),
    ("findings", marked("Next with findings"), "N", "flag"),
)


class DecisionBar:
    """Buttons, a note, and what was decided before.

    Args:
        words: The reader's words.
        act: Told the action of a button.
    """

    def __init__(self, words: Words, act: Callable[[str], None]) -> None:
        self._words = words
        self._buttons: dict[str, ui.button] = {}
        with ui.element("div").classes("decision-bar"):
            self._before = ui.label().classes("decided").props('aria-live="polite"')
            self._note = ui.input(words("Note")).props("outlined dense maxlength=500")
            self._note.classes("note")
            with ui.element("div").classes("decision-buttons"):
                for action, label, key, icon in BUTTONS:
                    button = ui.button(
                        f"{words(label)}", icon=icon, on_click=lambda _, a=action: act(a)
                    ).props("no-caps dense outline")
                    button.classes(f"decision-{action}")
                    button.props["aria-keyshortcuts"] = key.replace("Ctrl", "Control")
                    button.tooltip(key)
                    self._buttons[action] = button

    @property
    def note(self) -> str:
        """What the reader wrote beside the decision."""
        return (self._note.value or "").strip()

    def enable(self, enabled: bool) -> None:
        """Whether there is something to decide about."""
        for action in ("accepted", "rejected", "corrected", "skipped"):
            self._buttons[action].set_enabled(enabled)

    def show(self, decision: Decision | None, *, changed: bool) -> None:
        """Show what the reader decided before, and whether the answer was changed since."""
        if changed:
            self._buttons["corrected"].props(remove="outline")
        else:
            self._buttons["corrected"].props("outline")
        if changed:
            self._before.text = self._words("changed, not saved")
        elif decision is None or decision.decision not in VALUES:
            self._before.text, self._note.value = "", ""
        else:
            said = self._words(VALUES[decision.decision])
            self._before.text = self._words("{decision} at {time}", decision=said, time=decision.at)
            self._note.value = decision.note


def show_keys(words: Words) -> None:
    """Show what each key does."""
    with ui.dialog() as dialog, ui.card():
        ui.label(words("Keys")).classes("pane-title").props('role="heading" aria-level="2"')
        with ui.element("dl").classes("keys"):
            for key, does in EXPLAINED:
                with ui.element("dt"):
                    ui.label(key)
                with ui.element("dd"):
                    ui.label(words(does))
        ui.button(words("Close"), on_click=dialog.close).props("flat autofocus")
    dialog.on("hide", dialog.delete)
    dialog.open()
