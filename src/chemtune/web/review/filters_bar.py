"""The bar of filters: which items are looked at, and how far one is among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace

from nicegui import ui

from chemtune.dataset.review.filters import Filters
from chemtune.web.words import Words, marked

NAMES = {
    "task": marked("Task"),
    "finding": marked("Finding"),
    "decision": marked("Decision"),
    "status": marked("Checks"),
    "split": marked("Split"),
    "language": marked("Language"),
    "teacher": marked("Teacher"),
    "sample": marked("Sample"),
}
VALUES = {
    "any": marked("with findings"),
    "none": marked("without findings"),
    "undecided": marked("undecided"),
    "accepted": marked("accepted"),
    "rejected": marked("rejected"),
    "corrected": marked("corrected"),
    "skipped": marked("skipped"),
    "disputed": marked("disputed"),
    "train": marked("train"),
    "validation": marked("validation"),
    "test": marked("test"),
    "en": marked("English"),
    "ko": marked("Korean"),
}
Facets = dict[str, list[tuple[str, int]]]


def filters_from(query: dict[str, str]) -> Filters:
    """Return the filters that an address names; names that are none of them are left."""
    known = {one.name for one in fields(Filters)}
    return Filters(**{name: value for name, value in query.items() if name in known})


def filters_told(filters: Filters) -> dict[str, str]:
    """Return the filters that are set, for an address."""
    return {one.name: v for one in fields(filters) if (v := getattr(filters, one.name))}


class FiltersBar:
    """Selects for every filter, and a search.

    Args:
        words: The reader's words.
        facets: The values that each filter can have, with how many items each has.
        filters: What is set at first.
        changed: Told the new filters.
    """

    def __init__(
        self, words: Words, facets: Facets, filters: Filters, changed: Callable[[Filters], None]
    ) -> None:
        self._words, self._changed, self.filters = words, changed, filters
        self._selects: dict[str, ui.select] = {}
        with ui.element("form").classes("filters").props('role="search"') as form:
            form.props["aria-label"] = words("Filters")
            form.on("submit", js_handler="(event) => event.preventDefault()")
            self._search = ui.input(
                words("Search"),
                value=filters.search,
                on_change=lambda e: self._set("search", e.value),
            ).props('outlined dense clearable debounce=300 type="search"')
            self._search.classes("filter-search")
            for name, label in NAMES.items():
                self._selects[name] = (
                    ui.select(
                        self._options(name, facets),
                        label=words(label),
                        value=getattr(filters, name),
                        on_change=lambda e, name=name: self._set(name, e.value),
                    )
                    .props("outlined dense options-dense")
                    .classes("filter")
                )

    def refresh(self, facets: Facets) -> None:
        """Show other counts."""
        for name, select in self._selects.items():
            select.set_options(self._options(name, facets), value=getattr(self.filters, name))

    def choose(self, name: str, value: str) -> None:
        """Set one filter as if the reader had."""
        self._selects[name].value = value

    def _options(self, name: str, facets: Facets) -> dict[str, str]:
        found = {"": self._words("all")}
        for value, count in facets.get(name, []):
            said = self._words(VALUES[value]) if value in VALUES else value
            found[value] = f"{said} ({count})"
        chosen = getattr(self.filters, name)
        if chosen not in found:
            found[chosen] = f"{chosen} (0)"
        return found

    def _set(self, name: str, value: str | None) -> None:
        wanted = replace(self.filters, **{name: value or ""})
        if wanted != self.filters:
            self.filters = wanted
            self._changed(wanted)
