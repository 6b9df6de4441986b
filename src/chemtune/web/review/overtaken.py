"""What a reader is asked who decided about the same item in another window meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from chemtune.dataset.review.store import Decision
from chemtune.web.review.filters_bar import VALUES
from chemtune.web.words import Words


def ask_which(
    words: Words, latest: Decision, theirs: Callable[[], None], mine: Callable[[], None]
) -> None:
    """Show the decision that was made elsewhere, and ask which one is to stand.

    Args:
        words: The reader's words.
        latest: The decision that was made elsewhere.
        theirs: Called where it is to stand.
        mine: Called where the one that was about to be made is.
    """
    said = words(VALUES[latest.decision]) if latest.decision in VALUES else words("taken back")
    with ui.dialog().props("persistent") as dialog, ui.card():
        title = words("You decided about this one in another window")
        ui.label(title).classes("pane-title").props('role="alertdialog"')
        ui.label(words("{decision} at {time}", decision=said, time=latest.at))
        if latest.answer:
            ui.label(latest.answer).classes("other-answer")

        def close(then: Callable[[], None]) -> None:
            dialog.close()
            then()

        with ui.row():
            keep = ui.button(words("Keep that one"), on_click=lambda: close(theirs))
            keep.props("autofocus no-caps")
            ui.button(words("Replace it by this one"), on_click=lambda: close(mine)).props(
                "flat no-caps"
            )
    dialog.on("hide", dialog.delete)
    dialog.open()
