"""The page of runs in a real browser: the table, a tuning as it goes on, comparisons, reports."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import chemtune
from chemtune.recipe.run_folder import RunFolder
from conftest import SAMPLE, part_of
from web_server import ENVIRONMENT, served

MARKUP = '<img src=x onerror="window.hit=1">{{hit}}'
EXAM = {
    "id": "q",
    "question": "Which of these is a base?",
    "options": ["KOH", "HCl", "NaCl", "He"],
    "answer": "A",
}
# Reads all that the chart in the browser holds: the points of its three series.
POINTS = """() => getElement(+document.querySelector('.runs-chart').id.slice(1)).chart
    .getOption().series.map(series => series.data)"""


@pytest.fixture(scope="module")
def runs(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two evaluated runs, `one` and `two`, of the same data."""
    folder = tmp_path_factory.mktemp("runs")
    outside = tmp_path_factory.mktemp("documents")
    documents = part_of("documents/general.jsonl", outside, train=8, validation=1, test=3)
    exam = outside / "exam.jsonl"
    exam.write_text(
        "".join(json.dumps(EXAM | {"id": f"q{at}", "answer": "ABCD"[at % 4]}) + "\n"
                for at in range(8))
    )  # fmt: skip
    for name, rate in (("one", 0.01), ("two", 0.0001)):
        recipe = {
            "name": name,
            "documents": [{"path": str(documents), "tasks": ["keyword_extraction"]}],
            "teacher": {"kind": "recorded", "replies": str(SAMPLE / "replies")},
            "model": str(tiny_model),
            "run": str(folder / name),
            "tuning": {
                "epochs": 3, "batch_size": 2, "precision": "float32", "learning_rate": rate,
            },
            "evaluation": {
                "max_new_tokens": 8, "documents": 2, "texts": False,
                "questions": [{"path": str(exam), "name": f"Exam {MARKUP}"}],
            },
        }  # fmt: skip
        path = outside / f"{name}.yaml"
        path.write_text(json.dumps(recipe), encoding="utf-8")
        for step in (chemtune.build, chemtune.tune, chemtune.evaluate):
            step(path)
    return folder


@pytest.fixture
def folder(runs: Path, tmp_path: Path) -> Path:
    """A copy of the two runs for a test that changes them."""
    return Path(shutil.copytree(runs, tmp_path / "runs"))


@pytest.fixture
def opened(browser: Browser, folder: Path) -> Iterator[Callable[..., Page]]:
    """Serves `one`, and opens the page; the last thing is that nothing failed in the browser."""
    faults: list[str] = []
    context = browser.new_context(locale="en-US")
    with served(folder / "one") as server:

        def opens(path: str = "/runs") -> Page:
            page = context.new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.goto(server.address + path)
            return page

        yield opens
        context.close()
    assert faults == []


def choose(page: Page, *names: str) -> None:
    """Choose runs by keyboard."""
    for name in names:
        page.get_by_role("checkbox", name=f"Choose {name}", exact=True).focus()
        page.keyboard.press("Space")


def press_compare(page: Page) -> None:
    """Press the button by keyboard, once it can be pressed."""
    button = page.get_by_role("button", name="Compare", exact=True)
    expect(button).to_be_enabled()
    button.press("Enter")


def names(page: Page) -> list[str]:
    return page.locator("th.runs-name").all_inner_texts()


def test_a_run_by_keyboard_its_scores_its_curve_and_its_report(
    opened: Callable[..., Page], folder: Path
) -> None:
    page = opened()
    expect(page.locator("th.runs-name")).to_have_count(2)
    scores = json.loads((folder / "one/evaluation/scores.json").read_text())
    for side, name in (("before", "untuned"), ("after", "tuned")):
        (card,) = scores[side]["questions"].values()
        low, high = card["interval95"]
        said = f"{name} {card['correct']} of {card['total']} [{low:.2f}, {high:.2f}]"
        row = page.get_by_role("row").filter(has_text="one")
        expect(row.locator("td.runs-measure").first).to_contain_text(said)
    # A question set's name is no markup.
    expect(page.get_by_role("columnheader").filter(has_text=MARKUP)).to_have_count(1)
    head = page.get_by_role("columnheader", name="Name")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert names(page) == ["one", "two"]
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert names(page) == ["two", "one"]
    page.get_by_label("Search").fill("tw")
    expect(page.locator("th.runs-name")).to_have_text(["two"])
    page.get_by_label("Search").fill("")
    choose(page, "one")
    expect(page.locator(".runs-chart svg")).to_be_visible()
    summary = json.loads((folder / "one/adapter/tuning.json").read_text())
    training, _, validation = page.evaluate(POINTS)
    assert (training, validation) == (summary["losses"], summary["validation_loss"])
    step, loss = summary["validation_loss"][-1]
    image = page.get_by_role("img", name=f"Validation loss at step {step}: {loss:.3f}.")
    expect(image).to_have_count(1)
    expect(page.get_by_text("This run has no report yet.")).to_be_visible()
    page.get_by_role("button", name="Make the report").press("Enter")
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("heading", level=1)).to_contain_text("one", timeout=60_000)
    assert page.evaluate("window.hit") is None


def test_two_runs_are_compared_as_by_the_command(opened: Callable[..., Page], folder: Path) -> None:
    expected = chemtune.compare([folder / "two", folder / "one"])
    page = opened()
    choose(page, "two", "one")
    press_compare(page)
    expect(page.locator(".runs-claim")).to_have_text(expected["claim"], timeout=90_000)
    rows = page.locator(".runs-plain tbody tr")
    expect(rows).to_have_count(len(expected["comparisons"]))
    by_title = [c for title in dict.fromkeys(c["title"] for c in expected["comparisons"])
                for c in expected["comparisons"] if c["title"] == title]  # fmt: skip
    for row, comparison in zip(rows.all(), by_title, strict=True):
        measure, _, _, difference, *_ = row.locator("th, td").all_inner_texts()
        low, high = comparison["interval95"]
        assert measure == comparison["measure"]
        assert difference == f"{comparison['difference']:+.3f} [{low:+.2f}, {high:+.2f}]"


def test_runs_that_share_nothing_say_so(opened: Callable[..., Page], folder: Path) -> None:
    path = folder / "two/evaluation/scores.json"
    scores = json.loads(path.read_text())
    for card in scores.values():
        card["tasks"] = {}
        card["questions"] = {}
    path.write_text(json.dumps(scores))
    page = opened()
    choose(page, "one", "two")
    press_compare(page)
    expect(page.locator(".runs-claim")).to_contain_text(
        "shares no question set and no task", timeout=90_000
    )


def test_a_broken_run_is_a_row_that_says_what_is_wrong(
    opened: Callable[..., Page], folder: Path
) -> None:
    (folder / "two/evaluation/scores.json").write_text('{"after": ')
    (folder / "two/recipe.yaml").unlink()
    page = opened()
    row = page.get_by_role("row").filter(has_text="two")
    expect(row).to_contain_text("damaged")
    expect(row).to_contain_text("recipe.yaml: is missing")
    expect(row).to_contain_text("evaluation/scores.json: is damaged")
    choose(page, "two")
    page.get_by_role("button", name="Make the report").press("Enter")
    expect(page.locator(".runs-details")).to_contain_text("it has no recipe.yaml", timeout=90_000)


def test_nothing_in_a_report_runs_and_only_reports_are_served(
    opened: Callable[..., Page], folder: Path
) -> None:
    hostile = (
        "<h1>Hostile</h1><script>document.title = 'hit'; parent.hit = 1</script>"
        '<img src="x" onerror="parent.hit = 1"><a href="javascript:parent.hit = 1">press</a>'
    )
    (folder / "one/report.html").write_text(hostile)
    secret = folder.parent / "secret.html"
    secret.write_text("secret")
    (folder / "two/report.html").symlink_to(secret)
    page = opened()
    choose(page, "one")
    inside = page.frame_locator("iframe")
    expect(inside.get_by_role("heading")).to_have_text("Hostile")
    inside.get_by_text("press").click()
    page.wait_for_timeout(300)
    assert page.evaluate("window.hit") is None
    alone = opened("/runs/report?run=one")
    expect(alone.get_by_role("heading")).to_have_text("Hostile")
    assert alone.title() != "hit"
    for name in ("two", "../secret.html", str(secret), "one/report.html", ""):
        answer = page.request.get(page.url + "/report", params={"run": name})
        assert answer.status == 404
        assert "secret" not in answer.text()


def under_way(run: Path) -> tuple[subprocess.Popen[bytes], Callable[[], list[Any]]]:
    """Begin a long tuning in another process; return it, and what reads its steps."""
    log = RunFolder(run).tuning_log
    recipe = run / "recipe.yaml"
    text = recipe.read_text(encoding="utf-8").replace("epochs: 3.0", "epochs: 2000.0")
    recipe.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "chemtune", "tune", str(recipe)]
    process = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def steps() -> list[Any]:
        whole = log.read_text().rpartition("\n")[0].splitlines()
        entries = [json.loads(line) for line in whole]
        return [[entry["step"], entry["loss"]] for entry in entries if "loss" in entry]

    return process, steps


def test_points_arrive_while_another_process_tunes(
    opened: Callable[..., Page], folder: Path
) -> None:
    for done in ("adapter", "evaluation"):
        shutil.rmtree(folder / "two" / done)
    (folder / "two/tuning-log.jsonl").unlink()
    page = opened()
    choose(page, "two")
    process, steps = under_way(folder / "two")
    try:
        expect(page.locator(".runs-chart svg")).to_be_visible(timeout=60_000)
        first = len(page.evaluate(POINTS)[0])
        expect(page.get_by_text(" tokens a second")).to_contain_text("left", timeout=90_000)
        deadline = time.monotonic() + 30
        while len(page.evaluate(POINTS)[0]) < first + 5:
            assert time.monotonic() < deadline
            page.wait_for_timeout(100)
    finally:
        process.kill()
        process.wait()
    page.wait_for_timeout(3500)
    assert page.evaluate(POINTS)[0] == steps()
