"""A small table of text, with heads that a screen reader knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nicegui import ui


def plain_table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Make a table; the first cell of each row is its head. Every text is shown as text."""
    scrolled = ui.element("div").classes("runs-scroll").props('tabindex="0" role="region"')
    scrolled.props["aria-label"] = caption
    with scrolled, ui.element("table").classes("runs-plain"):
        with ui.element("caption"):
            ui.label(caption)
        with ui.element("thead"), ui.element("tr"):
            for head in heads:
                _cell("th", head).props('scope="col"')
        with ui.element("tbody"):
            for head, *cells in rows:
                with ui.element("tr"):
                    _cell("th", head).props('scope="row"')
                    for cell in cells:
                        _cell("td", cell)


def _cell(tag: str, text: str) -> ui.element:
    cell = ui.element(tag)
    with cell:
        ui.label(text)
    return cell
