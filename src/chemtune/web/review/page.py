"""The page of review: the document on the left, its answer on the right, decisions by key."""

from __future__ import annotations

from fastapi import Request
from nicegui import ui

from chemtune.web.frame import frame
from chemtune.web.review.filters_bar import filters_from
from chemtune.web.review.reading import Reading
from chemtune.web.site import Site


def add_page(site: Site) -> None:
    """Serve the page."""

    @ui.page("/review")
    def review(request: Request) -> None:
        query = dict(request.query_params)
        with frame(site, request, "Review") as visitor:
            Reading(site, visitor, filters_from(query), query.get("item", ""))
