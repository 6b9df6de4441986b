"""Frame: what stands around every page: where one is, who reads, language and light."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from fastapi import Request
from nicegui import ui

from chemtune.web.site import Site
from chemtune.web.visitor import Visitor, cleaned_name, remember
from chemtune.web.words import LANGUAGES, Words, marked

PAGES = (
    (marked("Review"), "/review"),
    (marked("Agreement"), "/agreement"),
    (marked("Compare"), "/compare"),
    (marked("Runs"), "/runs"),
)
STYLE = files("chemtune.web").joinpath("style.css").read_text(encoding="utf-8")


@contextmanager
def frame(site: Site, request: Request, title: str) -> Iterator[Visitor]:
    """Yield who reads a page; what is made inside stands in its middle.

    Args:
        site: What all pages share.
        request: The request for the page.
        title: The page's name in English, one of `PAGES`.
    """
    visitor = Visitor.of(request, site)
    words = visitor.words
    ui.page_title(f"{words(title)} · {site.run.name}")
    ui.add_css(STYLE)
    # The page was made before its reader was known, so its language is set here.
    ui.run_javascript(f"document.documentElement.lang = '{words.language}'")
    # Dark enough for white letters on it, and light enough for a dark page.
    ui.colors(primary="#1673a3", positive="#1b7f4b", negative="#c0392b", warning="#9a6200")
    dark = ui.dark_mode(visitor.dark)
    ui.link(words("Skip to the content"), "#content").classes("skip-link")
    with ui.header().classes("site-header items-center"):
        ui.label("chemtune").classes("site-name")
        ui.label(site.run.name).classes("site-run").props('translate="no"')
        with ui.element("nav").classes("site-nav").props(f'aria-label="{words("Pages")}"'):
            for name, path in PAGES:
                link = ui.link(words(name), path)
                if name == title:
                    link.props('aria-current="page"')
        ui.space()
        _reviewer(visitor)
        _language(words)
        _light(words, dark)
    with ui.element("div").props('id="content" tabindex="-1"').classes("site-content"):
        yield visitor


def _reviewer(visitor: Visitor) -> None:
    """The reader's name, and a dialog to change it."""
    words = visitor.words
    with ui.dialog() as dialog, ui.card():
        name = ui.input(words("Your name"), value=visitor.reviewer).props("autofocus maxlength=60")
        ui.label(words("Decisions are kept under this name.")).classes("quiet")

        def keep() -> None:
            cleaned = cleaned_name(name.value or "")
            if cleaned:
                remember("reviewer", cleaned)
                ui.navigate.reload()

        name.on("keydown.enter", keep)
        with ui.row():
            ui.button(words("Keep"), on_click=keep)
            ui.button(words("Cancel"), on_click=dialog.close).props("flat")
    button = ui.button(visitor.reviewer, icon="person", on_click=dialog.open)
    label = words("Reviewer: {name}. Change the name", name=visitor.reviewer)
    button.props("flat no-caps").classes("site-button").props["aria-label"] = label


def _language(words: Words) -> None:
    other = next(code for code in LANGUAGES if code != words.language)

    def change() -> None:
        remember("language", other)
        ui.navigate.reload()

    button = ui.button(LANGUAGES[other], on_click=change).props(f'flat no-caps lang="{other}"')
    button.classes("site-button")


def _light(words: Words, dark: ui.dark_mode) -> None:
    def change() -> None:
        # "As the system has it" is the third of three states; two are quicker to use.
        dark.value = not dark.value
        remember("light", "dark" if dark.value else "light")

    button = ui.button(icon="contrast", on_click=change).props("flat round")
    button.classes("site-button").props["aria-label"] = words("Dark or light")
