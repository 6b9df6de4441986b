"""The page of runs: a table of those beside the served one; details of one, or several compared."""

from __future__ import annotations

from importlib.resources import files

from fastapi import Request
from nicegui import run, ui

from chemtune.experiment.found_run import FoundRun
from chemtune.experiment.found_runs import FoundRuns
from chemtune.web.frame import frame
from chemtune.web.runs.compared import ComparedRuns
from chemtune.web.runs.details import RunDetails
from chemtune.web.runs.report_route import add_report
from chemtune.web.runs.table import RunsTable
from chemtune.web.shown_path import shown_path
from chemtune.web.site import Site
from chemtune.web.visitor import Visitor

STYLE = files("chemtune.web.runs").joinpath("runs.css").read_text(encoding="utf-8")
LOOK_AGAIN_S = 10.0


def add_page(site: Site) -> None:
    """Serve the page, and the reports of the runs on it."""
    runs = FoundRuns(site.run.resolve().parent)
    add_report(runs)

    @ui.page("/runs")
    def page(request: Request) -> None:
        with frame(site, request, "Runs") as visitor:
            _Runs(runs, visitor)


class _Runs:
    """The table, and below it what was chosen."""

    def __init__(self, runs: FoundRuns, visitor: Visitor) -> None:
        ui.add_css(STYLE)
        self._runs, self._words = runs, visitor.words
        words = self._words
        self._chosen: list[str] = []
        self._detailed: FoundRun | None = None
        with ui.element("h1").classes("runs-heading"):
            ui.label(words("Runs"))
        ui.label(words("Runs in {folder}", folder=shown_path(runs.root))).classes("quiet")
        self._said = ui.label(words("Reading the runs…")).props('aria-live="polite"')
        self._said.classes("quiet runs-lines")
        self._table = RunsTable(words, self._choose)
        with ui.element("div").classes("runs-line"):
            self._compare = ui.button(on_click=self._compared).props("no-caps")
            self._told = ui.label().props('aria-live="polite"').classes("quiet")
        self._place = ui.element("section").classes("runs-full runs-details")
        self._place.props["aria-label"] = words("Chosen runs")
        self._choose([])
        ui.timer(0, self._look, once=True)
        ui.timer(LOOK_AGAIN_S, self._look, immediate=False)

    async def _look(self) -> None:
        found = await run.io_bound(self._runs.find)
        if found is None or self._place.is_deleted:
            return
        self._table.show(found.runs)
        count = self._words("Runs: {n}", n=len(found.runs))
        self._said.set_text("\n".join([count, *found.notes]))
        # What its steps do, the details see by themselves.
        if self._detailed is not None and _results(self._detailed) != _results(
            self._runs.run(self._detailed.name)
        ):
            self._choose(self._chosen)

    def _choose(self, names: list[str]) -> None:
        words, self._chosen = self._words, names
        self._compare.set_text(
            words("Compare untuned with tuned") if len(names) == 1 else words("Compare")
        )
        self._compare.set_enabled(bool(names))
        self._place.clear()
        self._detailed = None
        if not names:
            self._told.set_text(words("Choose one run for its details, two to compare them."))
            return
        if len(names) > 1:
            self._told.set_text(
                words("{others} against {first}", first=names[0], others=", ".join(names[1:]))
            )
            return
        self._told.set_text(words("Details of {run} stand below.", run=names[0]))
        self._detailed = self._runs.run(names[0])
        if self._detailed is not None:
            with self._place:
                RunDetails(words, self._detailed)

    def _compared(self) -> None:
        runs = [found for name in self._chosen if (found := self._runs.run(name)) is not None]
        self._place.clear()
        self._detailed = None
        with self._place:
            ComparedRuns(self._words, runs)


def _results(run: FoundRun | None) -> object:
    """What the details show of a run and do not look at again."""
    return run and (
        run.state.kind,
        run.faults,
        run.data,
        run.label_tokens,
        run.questions,
        run.texts,
    )
