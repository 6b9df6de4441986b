"""Makes the pictures of the pages for README.md and the docs: `make screenshots`.

A run of the embedded sample is built in a temporary folder, or the one that is named is taken:
`python docs/screenshots.py [RUN]`. A tuned run shows more on the pages compare and runs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

import chemtune
from chemtune.domains import find_domain
from chemtune.recipe.load import load_recipe

IMAGES = Path(__file__).parent / "images"
SIZE = {"width": 1360, "height": 820}
WAIT_MS = 1500
ANSWER_MS = 150_000
ANSWERED = re.compile("eadable|not tuned")


def main() -> None:
    """Make every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(sys.argv[1]) if len(sys.argv) > 1 else _built(Path(folder) / "demo")
        with sync_playwright() as playwright:
            found = shutil.which("chromium") or playwright.chromium.executable_path
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            _served(run, lambda address: _take(browser, address))


def _built(folder: Path) -> Path:
    sample = find_domain("chemistry").folder / "sample" / "recipe.yaml"
    return Path(chemtune.build(load_recipe(sample).in_run_folder(folder))["run"])


def _served(run: Path, then: Callable[[str], None]) -> None:
    """Serve a run by the command, for as long as `then` takes."""
    command = [sys.executable, "-m", "chemtune", "review", str(run)]
    command += ["--port", "0", "--no-browser", "--reviewer", "Kim"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            then(server.stderr.readline().split("/ ")[0])
        finally:
            server.terminate()


def _take(browser: Browser, address: str) -> None:
    english = browser.new_context(locale="en-US", viewport=SIZE)
    page = english.new_page()
    task = "information_extraction_2"
    page.goto(f"{address}/review?task={task}")
    page.locator("mark").first.wait_for()
    page.get_by_role("button", name="Show", exact=False).nth(1).click()
    _keep(page, "review")
    page.goto(f"{address}/compare")
    page.get_by_role("region", name="Teacher", exact=True).wait_for()
    page.wait_for_timeout(WAIT_MS)
    page.get_by_role("button", name="Ask", exact=True).click()
    for model in ("Untuned model", "Tuned model"):
        column = page.get_by_role("region", name=model, exact=True)
        # It says so where the run is not tuned.
        expect(column).to_contain_text(ANSWERED, timeout=ANSWER_MS)
    _keep(page, "compare")
    page.goto(f"{address}/runs")
    page.locator("th.runs-name").first.wait_for()
    page.get_by_role("checkbox").first.press("Space")
    _keep(page, "runs")
    korean = browser.new_context(locale="ko-KR", viewport=SIZE, color_scheme="dark")
    page = korean.new_page()
    page.goto(f"{address}/review?language=ko")
    page.locator(".document").wait_for()
    _keep(page, "review-ko-dark")


def _keep(page: Page, name: str) -> None:
    page.wait_for_timeout(WAIT_MS)
    page.screenshot(path=IMAGES / f"{name}.png")
    print(f"docs/images/{name}.png")


if __name__ == "__main__":
    main()
