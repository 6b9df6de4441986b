"""The document of an item, with the spans that support the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import events, ui

from chemtune.checks.finding import Finding
from chemtune.dataset.review.item import Item
from chemtune.web.review.filters_bar import VALUES
from chemtune.web.review.marks import marked_up
from chemtune.web.words import Words

ON_CLICK = """(event) => {
  const mark = event.target.closest("mark[data-findings]");
  if (mark) emit(mark.dataset.findings);
}"""
SHOW_SPAN = """
for (const old of document.querySelectorAll("mark.shown")) old.classList.remove("shown");
const marks = [...document.querySelectorAll("mark[data-findings]")]
  .filter((mark) => mark.dataset.findings.split(" ").includes("%d"));
for (const mark of marks) mark.classList.add("shown");
if (marks.length) marks[0].scrollIntoView({block: "center"});
"""


class DocumentView:
    """Shows a document; a span that is clicked is told as the number of its first finding.

    Args:
        words: The reader's words.
        chosen: Told the number of a finding whose span was clicked.
    """

    def __init__(self, words: Words, chosen: Callable[[int], None]) -> None:
        self._words = words
        self._chosen = chosen
        self._written = ""
        section = ui.element("section").classes("pane")
        section.props["aria-label"] = words("Document")
        with section:
            self._name = ui.label().classes("pane-title").props('role="heading" aria-level="1"')
            self._about = ui.label().classes("quiet")
            # What is put in is escaped: see `marked_up`.
            self._body = ui.html("", sanitize=False).classes("document").props('tabindex="0"')
            self._body.on("click", self._clicked, js_handler=ON_CLICK)

    def show(self, item: Item, findings: Sequence[Finding]) -> None:
        """Show an item's document with what is said of its answer."""
        words = self._words
        page = words("page {n}", n=item.page) if item.page is not None else ""
        about = [
            item.source,
            item.licence,
            words("split: {split}", split=words(VALUES.get(item.split, item.split))),
            page,
        ]
        self._name.text = item.document
        self._about.text = " · ".join(part for part in about if part)
        written = marked_up(item.text, findings)
        if written != self._written:
            self._written = written
            self._body.content = written

    def show_span(self, number: int) -> None:
        """Scroll to the span of a finding, and set it off from the others."""
        ui.run_javascript(SHOW_SPAN % int(number))

    def to_top(self) -> None:
        """Scroll to the beginning: another document stands here."""
        ui.run_javascript(f"getHtmlElement({self._body.id}).scrollTop = 0")

    def _clicked(self, event: events.GenericEventArguments) -> None:
        first = str(event.args).split(" ")[0]
        if first.isdigit():
            self._chosen(int(first))
