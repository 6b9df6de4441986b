"""One run: how far it is, its loss curve as it grows, its scores and its report."""

from __future__ import annotations

from dataclasses import dataclass

from nicegui import run, ui

from chemtune.experiment.found_run import FoundRun
from chemtune.experiment.run_state import RunState, run_state
from chemtune.experiment.training_curve import Curve, CurveReader
from chemtune.recipe.run_folder import RunFolder
from chemtune.web.runs.loss_chart import LossChart
from chemtune.web.runs.plain_table import plain_table
from chemtune.web.runs.report_view import ReportView
from chemtune.web.runs.rows import (
    NONE_YET,
    duration,
    grouped,
    measure_text,
    mixture_text,
    state_text,
)
from chemtune.web.shown_path import shown_path
from chemtune.web.words import Words

LOOK_AGAIN_S = 1.5


@dataclass
class _Look:
    """What one look at the folder found."""

    curve: Curve
    anew: bool
    state: RunState


class RunDetails:
    """The details of a run; made where they are to stand.

    Args:
        words: Of the reader.
        found: The run.
    """

    def __init__(self, words: Words, found: FoundRun) -> None:
        self._words, self._found = words, found
        self._folder = RunFolder(found.path)
        self._reader = CurveReader(self._folder)
        self._chart: LossChart | None = None
        self._heading()
        _facts(words, found)
        # Only a change of state is told to a screen reader; steps would never let it rest.
        self._state = ui.label().classes("runs-kind").props('aria-live="polite"')
        self._speed = ui.label().classes("quiet")
        self._place = ui.element("div").classes("runs-full")
        _scores(words, found)
        ReportView(words, found)
        ui.timer(LOOK_AGAIN_S, self._look)

    def _heading(self) -> None:
        with ui.element("h2").classes("runs-heading").props('tabindex="-1"'):
            ui.label(self._found.name).props('translate="no"')

    async def _look(self) -> None:
        look = await run.io_bound(self._read)
        # The page may have gone on to another run meanwhile.
        if look is None or self._place.is_deleted:
            return
        tuning = look.state.kind == "tuning"
        self._state.set_text(
            self._words("tuning") if tuning else state_text(look.state, self._words)
        )
        self._speed.set_text(_speed(look, self._words))
        if self._chart is None or look.anew:
            if look.curve.training or look.curve.validation:
                self._place.clear()
                with self._place:
                    self._chart = LossChart(self._words, look.curve)
        else:
            self._chart.add(look.curve)

    def _read(self) -> _Look:
        anew = self._reader.read()
        return _Look(self._reader.curve, anew, run_state(self._folder, self._reader.curve))


def _facts(words: Words, found: FoundRun) -> None:
    facts = [
        (words("Folder"), shown_path(found.path)),
        (words("Model"), found.model or NONE_YET),
        (words("Mixture or tasks"), mixture_text(found, words)),
        (words("Label tokens"), grouped(found.label_tokens)),
        (words("Tuning time"), NONE_YET if found.wall_s is None else duration(found.wall_s, words)),
    ]
    with ui.element("dl").classes("runs-facts"):
        for name, value in facts:
            with ui.element("dt"):
                ui.label(name)
            with ui.element("dd"):
                ui.label(value)
    for fault in filter(None, [found.state.why, *found.faults]):
        ui.label(fault).classes("runs-fault")


def _scores(words: Words, found: FoundRun) -> None:
    rows = [
        (measure.name, measure_text(measure, words))
        for measure in (*found.questions, *found.texts)
    ]  # fmt: skip
    if rows:
        caption = words("Right answers, and bits per byte of texts (less is better)")
        plain_table(caption, (words("Measure"), words("Score and 95% interval")), rows)


def _speed(look: _Look, words: Words) -> str:
    if look.state.kind != "tuning":
        return ""
    parts = [
        words(
            "Step {step} of {steps}",
            step=grouped(look.curve.step),
            steps=grouped(look.curve.steps),
        )
    ]
    if look.curve.tokens_per_second is not None:
        parts.append(words("{n} tokens a second", n=f"{look.curve.tokens_per_second:,.0f}"))
    if look.curve.seconds_left is not None:
        left = duration(look.curve.seconds_left, words)
        parts.append(words("about {time} left", time=left))
    return " · ".join(parts)
