"""The report inside the page, and a button that makes one."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from nicegui import run, ui

from chemtune.experiment.found_run import FoundRun
from chemtune.recipe.run_folder import RunFolder
from chemtune.web.runs.report_route import report_address
from chemtune.web.words import Words
from chemtune.wording.locale import OWN


class ReportView:
    """The report of a run; made where it is to stand.

    Args:
        words: Of the reader.
        found: The run.
    """

    def __init__(self, words: Words, found: FoundRun) -> None:
        self._words, self._found = words, found
        with ui.element("h3").classes("runs-heading"):
            ui.label(words("Report"))
        with ui.element("div").classes("runs-line"):
            self._make = ui.button(on_click=self._made).props("outline no-caps")
            self._link = ui.link(words("Open in a tab"), report_address(found.name), new_tab=True)
            self._link.props('rel="noopener"')
        self._said = ui.label().props('aria-live="polite"').classes("quiet runs-lines")
        self._place = ui.element("div").classes("runs-full")
        self._show()

    def _show(self) -> None:
        file = RunFolder(self._found.path).report
        there = file.is_file()
        self._link.set_visibility(there)
        self._place.clear()
        self._make.set_text(self._words("Make it anew" if there else "Make the report"))
        if not there:
            self._said.set_text(self._words("This run has no report yet."))
            return
        when = datetime.fromtimestamp(file.stat().st_mtime).astimezone()
        self._said.set_text(self._words("Made {when}", when=f"{when:%Y-%m-%d %H:%M}"))
        with self._place:
            inside = ui.element("iframe").classes("runs-report").props('sandbox=""')
        inside.props["src"] = report_address(self._found.name)
        inside.props["title"] = self._words("Report of {run}", run=self._found.name)

    async def _made(self) -> None:
        self._make.disable()
        self._said.set_text(self._words("The report is being made…"))
        try:
            fault = await run.io_bound(_make, self._found.path, self._words.language)
        finally:
            if not self._make.is_deleted:
                self._make.enable()
        if self._make.is_deleted:
            return
        if fault:
            self._said.set_text(fault)
        else:
            self._show()


def _make(folder: Path, language: str) -> str:
    """Make the report; return what went wrong, or "".

    In a process of its own: drawing holds the interpreter for seconds, and the pages with it.
    """
    made = subprocess.run(
        [sys.executable, "-m", "chemtune", "report", str(folder), "--json"],
        env=os.environ | {OWN: language},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if made.returncode == 0:
        return ""
    said = made.stderr.strip().splitlines()
    # Of what no one foresaw only the last line says what it was.
    unforeseen = any("Traceback" in line for line in said)
    return "\n".join(said[-1:] if unforeseen else said)
