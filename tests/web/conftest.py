"""A real browser for the tests of the pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# How long something may take to be seen on a busy machine, in milliseconds.
expect.set_options(timeout=30_000)


# Not for the session: the loop that it runs would be in the way of other tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the tests fail, since nothing else sees these pages."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=_found(playwright), args=["--no-sandbox"])
        yield made
        made.close()


def _found(playwright: Playwright) -> str:
    of_system = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    found = of_system or playwright.chromium.executable_path
    if not Path(found).exists():
        pytest.fail("no Chromium here: `make browser` installs it", pytrace=False)
    return found
