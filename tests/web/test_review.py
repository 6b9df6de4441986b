"""The review in a real browser: by keyboard, against markup, in two tabs, over a crash."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import chemtune
from chemtune.dataset.example import read_examples
from conftest import SAMPLE, part_of
from web_server import Server, served

MARKUP = '<img src=x onerror="window.hit=1"><script>window.hit=2</script>{{ 7*7 }}<b>bold</b>'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe with forty examples built, of ten documents."""
    folder = tmp_path_factory.mktemp("review")
    documents = part_of("documents/pem_catalysts.jsonl", folder, train=9, validation=0, test=2)
    recipe = {
        "name": "reviewed",
        "documents": [
            {
                "path": str(documents),
                "tasks": [
                    "summarization_extraction",
                    "information_extraction_1",
                    "keyword_extraction",
                    "summarization_translation",
                ],
            }
        ],
        "teacher": {"kind": "recorded", "replies": str(SAMPLE / "replies")},
        "model": "smollm2-135m",
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    chemtune.build(path)
    return path


@pytest.fixture
def run(built: Path) -> Iterator[Path]:
    """The run, without decisions."""
    folder = built.parent / "runs" / "reviewed"
    yield folder
    for file in folder.glob("review.sqlite*"):
        file.unlink()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 900})
    made = context.new_page()
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    yield made
    context.close()
    assert faults == []


def begin(page: Page, server: Server, query: str = "") -> None:
    page.goto(f"{server.address}/review{query}")
    expect(page.locator(".document")).not_to_be_empty()
    expect(page.locator(".progress-line")).to_contain_text("decided")


def press(page: Page, key: str, decided: int, total: int = 44) -> None:
    page.keyboard.press(key)
    expect(page.locator(".progress-line")).to_contain_text(f"{decided} of {total} decided")


def decisions(run: Path) -> list[tuple[str, str, str, str]]:
    with sqlite3.connect(run / "review.sqlite") as db:
        query = "SELECT reviewer, item, decision, answer FROM decisions ORDER BY id"
        return list(db.execute(query))


def test_thirty_by_keyboard_one_corrected_and_all_there_again(
    page: Page, run: Path, built: Path
) -> None:
    with served(run, reviewer="Kim") as server:
        begin(page, server)
        for done in range(1, 16):
            press(page, "r" if done % 5 == 0 else "a", done)
        task = page.locator(".answer-pane .pane-title").inner_text()
        name = page.locator(".pane-title").first.inner_text()
        page.keyboard.press("c")
        page.keyboard.press("End")
        page.keyboard.type(" Corrected by hand.")
        press(page, "Control+Enter", 16)
        for done in range(17, 31):
            press(page, "a", done)
        page.reload()
        expect(page.locator(".progress-line")).to_contain_text("30 of 44 decided")
        kept = decisions(run)
        assert len(kept) == 30
        ((_, item, _, answer),) = [one for one in kept if one[2] == "corrected"]
        assert "Corrected by hand." in answer
        page.goto(f"{server.address}/review?item={item}")
        expect(page.locator(".answer-pane .pane-title")).to_have_text(task)
        expect(page.locator(".pane-title").first).to_have_text(name)
        expect(page.locator(".decided")).to_contain_text("corrected at")
        expect(page.locator(".answer-form textarea").first).to_have_value(
            re.compile("Corrected by hand")
        )
    made = chemtune.build(built, offline=True)
    assert made["reviewed"]["corrected"] == 1
    assert made["rejected"] == {"rejected by a reviewer": 3}
    examples = [e for s in ("train", "test") for e in read_examples(run / f"dataset/{s}.parquet")]
    (corrected,) = [e for e in examples if e.id == item]
    assert corrected.answer == answer
    assert corrected.teacher == "reviewer: Kim"


def test_undo_skip_and_a_changed_answer_is_not_lost_by_a_key(page: Page, run: Path) -> None:
    with served(run, reviewer="Kim") as server:
        begin(page, server)
        expect(page).to_have_url(re.compile("item="))
        first = page.url
        press(page, "a", 1)
        press(page, "u", 0)
        expect(page).to_have_url(first)
        page.keyboard.press("s")
        expect(page).not_to_have_url(first)
        expect(page.locator(".progress-line")).to_contain_text("0 of 44 decided")
        page.keyboard.press("c")
        page.keyboard.type("Changed. ")
        page.keyboard.press("Escape")
        expect(page.locator(".decided")).to_have_text("changed, not saved")
        page.keyboard.press("a")
        expect(page.get_by_text("You changed the answer")).to_be_visible()
        # Once more takes the changes back, and then it can be accepted.
        page.keyboard.press("Escape")
        expect(page.locator(".decided")).to_have_text("")
        press(page, "a", 1)
    assert [one[2] for one in decisions(run)] == ["accepted", "withdrawn", "skipped", "accepted"]


def test_hangul_keys_do_what_the_keys_in_their_places_do(page: Page, run: Path) -> None:
    with served(run) as server:
        begin(page, server)
        event = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ㅁ', code: 'KeyA'}))"
        page.evaluate(event)
        expect(page.locator(".progress-line")).to_contain_text("1 of 44 decided")


def test_filters_search_and_the_next_with_findings(page: Page, run: Path) -> None:
    with served(run) as server:
        begin(page, server, "?task=keyword_extraction&finding=any")
        total = int(page.locator(".progress-line").inner_text().split(" of ")[1].split()[0])
        assert 0 < total < 11
        expect(page.locator(".finding.warning").first).to_be_visible()
        begin(page, server)
        page.keyboard.press("n")
        expect(page.locator(".finding.warning").first).to_be_visible()
        page.keyboard.press("/")
        page.keyboard.type("iro2")
        expect(page).to_have_url(re.compile("search=iro2"))
        found = page.locator(".progress-line").inner_text()
        assert int(found.split(" of ")[1].split()[0]) < 44
        expect(page.locator(".document")).to_contain_text(re.compile("IrO"))


def test_a_field_shows_its_span_and_a_span_its_field(page: Page, run: Path) -> None:
    with served(run) as server:
        begin(page, server, "?task=information_extraction_1")
        page.get_by_role("button", name=re.compile("^Show Q1 in the document")).first.click()
        shown = page.locator("mark.shown").first
        expect(shown).to_be_visible()
        value = page.locator(".answer-form textarea").first.input_value()
        assert shown.inner_text().casefold() in value.casefold()
        assert "Q1" in (shown.get_attribute("title") or "")
        page.locator("mark.grounded").first.click()
        expect(page.locator(".q-notification")).to_be_visible()


def test_two_tabs_of_one_reviewer_do_not_overwrite_each_other(browser: Browser, run: Path) -> None:
    context = browser.new_context(locale="en-US")
    with served(run, reviewer="Kim") as server:
        one, other = context.new_page(), context.new_page()
        begin(one, server)
        begin(other, server)
        press(one, "a", 1)
        other.keyboard.press("r")
        expect(other.get_by_text("You decided about this one in another window")).to_be_visible()
        assert [row[2] for row in decisions(run)] == ["accepted"]
        other.get_by_role("button", name="Keep that one").click()
        expect(other.locator(".decided")).to_contain_text("accepted at")
        here = other.url
        other.keyboard.press("r")
        expect(other).not_to_have_url(here)
        assert [row[2] for row in decisions(run)] == ["accepted", "rejected"]
    context.close()


def test_a_server_that_is_killed_loses_no_decision(page: Page, run: Path) -> None:
    with served(run, reviewer="Kim") as server:
        begin(page, server)
        for done in range(1, 6):
            press(page, "a", done)
        server.kill()
    with served(run, reviewer="Kim") as server:
        begin(page, server)
        expect(page.locator(".progress-line")).to_contain_text("5 of 44 decided")
        press(page, "a", 6)
    assert len(decisions(run)) == 6


def test_two_reviewers_a_sample_and_their_agreement(browser: Browser, run: Path) -> None:
    with served(run) as server:
        for name, keys in (("Kim", "aarar"), ("Lee", "aaraa")):
            context = browser.new_context(locale="en-US")
            page = context.new_page()
            begin(page, server, "?task=keyword_extraction")
            page.get_by_role("button", name=re.compile("^Reviewer:")).click()
            page.get_by_label("Your name").fill(name)
            page.get_by_role("button", name="Keep").click()
            expect(
                page.get_by_role("button", name=re.compile(f"^Reviewer: {name}"))
            ).to_be_visible()
            page.get_by_role("button", name="Sample").click()
            page.get_by_label("Size").fill("5")
            page.get_by_role("button", name="Draw").click()
            expect(page).to_have_url(re.compile("sample=gold"))
            for done, key in enumerate(keys, start=1):
                press(page, key, done, total=5)
            context.close()
        context = browser.new_context(locale="en-US")
        page = context.new_page()
        page.goto(f"{server.address}/agreement?sample=gold")
        expect(page.get_by_text("Both decided about 5; they call 4 alike")).to_be_visible()
        # By hand: observed 4/5, by chance (3*4 + 2*1)/25, so (0.8 - 0.56) / 0.44.
        expect(page.get_by_text("Cohen's kappa 0.55")).to_be_visible()
        page.locator(".disputed a").click()
        expect(page).to_have_url(re.compile(r"/review\?item="))
        context.close()
    assert {reviewer for reviewer, *_ in decisions(run)} == {"Kim", "Lee"}


def test_markup_in_documents_and_answers_runs_nothing(page: Page, tmp_path: Path) -> None:
    text = f"Platinum {MARKUP} on carbon was heated in air at 300 °C for one hour."
    name = f"doc{MARKUP}"
    document = {"name": name, "text": text, "title": f"T{MARKUP}", "source": MARKUP}
    said = json.dumps(["platinum", "carbon", MARKUP])
    reply = {"document": name, "task": "keyword_extraction", "reply": said}
    (tmp_path / "documents.jsonl").write_text(json.dumps(document) + "\n", encoding="utf-8")
    (tmp_path / "replies.jsonl").write_text(json.dumps(reply) + "\n", encoding="utf-8")
    recipe = {
        "name": "hostile",
        "documents": [{"path": "documents.jsonl", "tasks": ["keyword_extraction"]}],
        "teacher": {"kind": "recorded", "replies": "replies.jsonl"},
        "model": "smollm2-135m",
        "checks": {},
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    made = chemtune.build(path)
    with served(Path(made["run"]), reviewer=MARKUP) as server:
        begin(page, server)
        expect(page.locator(".document")).to_contain_text(MARKUP)
        expect(page.locator(".pane-title").first).to_have_text(name)
        page.locator(".answer-form textarea").first.fill(f"platinum\ncarbon\n{MARKUP}\nmore")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".progress-line")).to_contain_text("1 of 1 decided")
        page.locator("mark").first.click()
        page.keyboard.press("u")
        expect(page.locator(".progress-line")).to_contain_text("0 of 1 decided")
        assert page.locator("#content img").count() == 0
        assert page.locator(".document b, .document script").count() == 0
        assert page.evaluate("window.hit") is None
        expect(page.locator(".document")).to_contain_text("{{ 7*7 }}")


def test_in_korean_and_dark(browser: Browser, run: Path) -> None:
    context = browser.new_context(locale="ko-KR")
    page = context.new_page()
    with served(run) as server:
        page.goto(f"{server.address}/review")
        expect(page.get_by_role("button", name="승인")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "ko")
        page.get_by_role("button", name="어둡게 또는 밝게").click()
        expect(page.locator("body")).to_have_class(re.compile("body--dark"))
        page.reload()
        expect(page.locator("body")).to_have_class(re.compile("body--dark"))
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="Accept")).to_be_visible()
    context.close()


def test_every_control_has_a_name(page: Page, run: Path) -> None:
    with served(run) as server:
        begin(page, server)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("button, input, textarea, select, a")]
            .filter((one) => one.offsetParent && !(one.innerText || "").trim()
              && !one.getAttribute("aria-label") && !(one.labels && one.labels.length)
              && !one.closest("label"))
            .map((one) => one.outerHTML.slice(0, 200))"""
        )
        assert nameless == []
