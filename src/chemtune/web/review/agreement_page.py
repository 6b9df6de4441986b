"""The page of agreement: how far two reviewers say the same of the same items."""

from __future__ import annotations

from importlib.resources import files
from urllib.parse import urlencode

from fastapi import Request
from nicegui import run, ui

from chemtune.dataset.review.agreement import Between, between
from chemtune.web.frame import frame
from chemtune.web.review.filters_bar import VALUES
from chemtune.web.site import Site
from chemtune.web.visitor import Visitor
from chemtune.web.words import Words

STYLE = files("chemtune.web.review").joinpath("agreement.css").read_text(encoding="utf-8")
SHOWN = 100
DECISIONS = ("accepted", "corrected", "rejected")


def add_page(site: Site) -> None:
    """Serve the page."""

    @ui.page("/agreement")
    def agreement(request: Request) -> None:
        with frame(site, request, "Agreement") as visitor:
            _Agreement(site, visitor, dict(request.query_params))


class _Agreement:
    """Two reviewers who can be chosen, and what they have in common."""

    def __init__(self, site: Site, visitor: Visitor, query: dict[str, str]) -> None:
        ui.add_css(STYLE)
        self._review, self._words = site.review, visitor.words
        words = self._words
        names = self._review.store.reviewers()
        if len(names) < 2:
            ui.label(words("Agreement")).classes("pane-title")
            ui.label(
                words(
                    "Two people have to review the same sample first; so far there are {n}.",
                    n=len(names),
                )
            )
            return
        one = query.get("one", "") if query.get("one") in names else names[0]
        other = next(
            name for name in [query.get("other", ""), *names] if name in names and name != one
        )
        samples = {"": words("all that both decided")}
        samples |= {name: name for name, _ in self._review.facets(visitor.reviewer)["sample"]}
        with ui.element("div").classes("agreement-choice"):
            self._one = ui.select(names, label=words("Reviewer"), value=one)
            self._other = ui.select(names, label=words("and"), value=other)
            wanted = query.get("sample", "")
            self._sample = ui.select(
                samples, label=words("Sample"), value=wanted if wanted in samples else ""
            )
            for select in (self._one, self._other, self._sample):
                select.props("outlined dense").classes("filter")
                select.on_value_change(self._show)
        self._box = ui.element("div").classes("agreement").props('aria-live="polite"')
        ui.timer(0, self._show, once=True)

    async def _show(self) -> None:
        one, other, sample = self._one.value, self._other.value, self._sample.value
        if one == other:
            self._box.clear()
            with self._box:
                ui.label(self._words("Choose two different reviewers."))
            return
        found = await run.io_bound(between, self._review, one, other, sample=sample)
        if found is None:
            return
        self._box.clear()
        with self._box:
            _draw(self._words, found, self._titles())

    def _titles(self) -> dict[str, str]:
        return {name: task.title for name, task in self._review.tasks.items()}


def _draw(words: Words, found: Between, titles: dict[str, str]) -> None:
    if not found.items:
        ui.label(words("They have not decided about the same items yet."))
        return
    low, high = found.interval
    said = words(
        "Both decided about {n}; they call {k} alike right or wrong.", n=found.items, k=found.agreed
    )
    ui.label(said).classes("agreement-line")
    kappa = words(
        "Cohen's kappa {kappa} (95% interval {low} to {high}): 0 is chance, 1 is always.",
        kappa=f"{found.kappa:.2f}",
        low=f"{low:.2f}",
        high=f"{high:.2f}",
    )
    ui.label(kappa).classes("agreement-line")
    _decisions(words, found)
    _fields(words, found, titles)
    _disputed(words, found)


def _decisions(words: Words, found: Between) -> None:
    """Who decided what, one reviewer's decisions by row and the other's by column."""
    heads = [words(VALUES[decision]) for decision in DECISIONS]
    rows = [
        [
            f"{found.one}: {head}",
            *(str(found.decisions.get((mine, other), 0)) for other in DECISIONS),
        ]
        for mine, head in zip(DECISIONS, heads, strict=True)
    ]
    _table(words("Decisions"), ["", *(f"{found.other}: {head}" for head in heads)], rows)


def _fields(words: Words, found: Between, titles: dict[str, str]) -> None:
    rows = [
        [
            titles.get(one.task, one.task),
            one.field,
            str(one.examples),
            f"{one.f1:.2f} [{one.interval[0]:.2f}, {one.interval[1]:.2f}]",
        ]
        for one in found.fields
    ]
    if rows:
        heads = [words("Task"), words("Field"), words("Answers"), "F1"]
        _table(words("How alike their answers are, where neither rejected"), heads, rows)


def _disputed(words: Words, found: Between) -> None:
    if not found.disputed:
        ui.label(words("They differ on none.")).classes("agreement-line")
        return
    title = words(
        "They differ on {n}; none of these is taken until one of them changes theirs",
        n=len(found.disputed),
    )
    ui.label(title).classes("pane-title").props('role="heading" aria-level="2"')
    with ui.element("ul").classes("disputed"):
        for item in found.disputed[:SHOWN]:
            with ui.element("li"):
                ui.link(item, f"/review?{urlencode({'item': item})}")


def _table(caption: str, heads: list[str], rows: list[list[str]]) -> None:
    with ui.element("table").classes("plain-table"):
        with ui.element("caption"):
            ui.label(caption)
        with ui.element("thead"), ui.element("tr"):
            for head in heads:
                with ui.element("th").props('scope="col"'):
                    ui.label(head)
        with ui.element("tbody"):
            for first, *rest in rows:
                with ui.element("tr"):
                    with ui.element("th").props('scope="row"'):
                        ui.label(first)
                    for cell in rest:
                        with ui.element("td"):
                            ui.label(cell)
