"""The page of review with many examples, in a real browser: opened, decided, filtered, searched.

    python benchmarks/review_page.py [--items 50000]

The data set is that of `review_index.py`. Opening is the time until the server has answered with
the page (its median over five), and until the browser shows the document; the other figures are
from a key or a choice to the change on the page, medians over `--rounds`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from review_index import decide, write_run

from chemtune.dataset.review.review import Review


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        body: bytes = answer.read()
        return body


def decided(page: Page) -> None:
    """Accept what is shown, and wait for the next."""
    here = page.url
    page.keyboard.press("a")
    expect(page).not_to_have_url(here)


def narrowed(page: Page, query: str) -> None:
    page.get_by_label("Search").fill(query)
    expect(page).to_have_url(re.compile(f"search={query}"))


def opened(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(".document")).not_to_be_empty()


def show(what: str, times: list[float]) -> None:
    print(f"  {what:<34} {statistics.median(times):7.0f} ms  (most {max(times):.0f})")


def measure(url: str, rounds: int) -> None:
    page_of = f"{url}/review?decision=undecided"
    fetched(page_of)
    show("page answered", [timed(lambda: fetched(page_of)) for _ in range(5)])
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_context(locale="en-US").new_page()
        opened(page, page_of)
        show("page shown", [timed(lambda: opened(page, page_of)) for _ in range(3)])
        show("accepted, and the next shown", [timed(lambda: decided(page)) for _ in range(rounds)])
        opened(page, f"{url}/review")
        words = ["platinum", "membrane", "catalyst", "oxide", "water"]
        # 300 ms of it are waited for, so that typing does not search at every letter.
        show("searched", [timed(lambda w=word: narrowed(page, w)) for word in words])
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        run.mkdir()
        (run / "dataset").mkdir()
        write_run(run, options.items)
        with Review.open(run) as review:
            decide(review)
        command = [sys.executable, "-m", "chemtune", "review", str(run), "--port", "0"]
        command += ["--no-browser", "--reviewer", "Park"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            try:
                print(f"{options.items:,} items")
                measure(server.stderr.readline().split("/ ")[0], options.rounds)
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
