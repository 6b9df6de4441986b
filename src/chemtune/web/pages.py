"""Pages: all that are served."""

from __future__ import annotations

from fastapi.responses import RedirectResponse
from nicegui import ui

from chemtune.web.compare.page import add_page as add_compare
from chemtune.web.review.agreement_page import add_page as add_agreement
from chemtune.web.review.page import add_page as add_review
from chemtune.web.runs.page import add_page as add_runs
from chemtune.web.site import Site

PAGES = (add_review, add_agreement, add_compare, add_runs)
FIRST = "/review"


def add_pages(site: Site) -> None:
    """Serve every page for a site, and the first of them at the root."""
    for add_page in PAGES:
        add_page(site)

    @ui.page("/")
    def root() -> RedirectResponse:
        return RedirectResponse(FIRST)
