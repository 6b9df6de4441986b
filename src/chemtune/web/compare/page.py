"""The page of compare: one prompt, and the untuned model, the tuned one and the teacher on it."""

from __future__ import annotations

from importlib.resources import files

from fastapi import Request
from nicegui import app, ui

from chemtune.use.side_by_side.bench import Bench
from chemtune.web.compare.table import Table
from chemtune.web.frame import frame
from chemtune.web.site import Site

STYLE = files("chemtune.web.compare").joinpath("compare.css").read_text(encoding="utf-8")


def add_page(site: Site) -> None:
    """Serve the page; its models are loaded at the first question, and freed at the end."""
    bench = Bench(site.run)
    app.on_shutdown(bench.close)

    @ui.page("/compare")
    def compare(request: Request) -> None:
        item = request.query_params.get("item", "")
        with frame(site, request, "Compare") as visitor:
            ui.add_css(STYLE)
            table = Table(visitor.words, bench)
        # The page stands before the documents are looked up.
        ui.timer(0, lambda: table.open(item), once=True)
