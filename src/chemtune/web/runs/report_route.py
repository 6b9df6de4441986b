"""The report of a run, served so that nothing in it runs and nothing is fetched."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import FileResponse, PlainTextResponse
from nicegui import app

from chemtune.experiment.found_runs import FoundRuns
from chemtune.recipe.run_folder import RunFolder

ADDRESS = "/runs/report"
# A report is made out of documents and replies, and its file may come from elsewhere.
HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "cache-control": "no-store",
}


def add_report(runs: FoundRuns) -> None:
    """Serve the reports of the runs that were found."""

    # In a thread: it looks at the disk.
    @app.get(ADDRESS)
    def report(run: str) -> Response:
        found = runs.run(run)
        if found is None:
            return PlainTextResponse("no such run was found\n", 404)
        file = RunFolder(found.path).report
        # A link could name any file of this machine.
        if not file.is_file() or file.is_symlink():
            return PlainTextResponse("this run has no report yet\n", 404)
        return FileResponse(file, media_type="text/html; charset=utf-8", headers=HEADERS)


def report_address(run: str) -> str:
    """Return the address of a run's report."""
    return f"{ADDRESS}?{urlencode({'run': run})}"
