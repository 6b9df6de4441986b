"""Pages: all that are served."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from chemtune.web.site import Site


def add_pages(site: Site) -> None:
    """Serve every page for a site, and the first of them at the root."""
    from chemtune.web.compare.page import add_page as add_compare
    from chemtune.web.review.page import add_page as add_review
    from chemtune.web.runs.page import add_page as add_runs

    add_review(site)
    add_compare(site)
    add_runs(site)

    @ui.page("/")
    def root(request: Request) -> None:
        del request
        ui.navigate.to("/review")
