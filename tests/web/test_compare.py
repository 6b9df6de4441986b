"""Compare in a real browser: three answers, stopped, judged, and shown as text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Locator, Page, expect

from chemtune.dataset.build import build
from chemtune.dataset.example import Example, read_examples
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from web_server import served

# What every "e" of an answer becomes: a model may write anything.
MARKUP = '<img src=x onerror="window.hit=1">{{hit}}'


@pytest.fixture
def run(make_run, tiny_model: Path, adapt, tmp_path: Path) -> Path:
    """A built and tuned run whose model writes markup."""
    from transformers import AutoModelForCausalLM

    model = tmp_path / "markup"
    shutil.copytree(tiny_model, model)
    tokenizer = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    replaced = {"type": "Replace", "pattern": {"String": "e"}, "content": MARKUP}
    tokenizer["decoder"] = {"type": "Sequence", "decoders": [tokenizer["decoder"], replaced]}
    (model / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    path = make_run(model=str(model), tuning={"precision": "float32"})
    build(path)
    folder = RunFolder(load_recipe(path).run_folder)
    adapted = adapt(AutoModelForCausalLM.from_pretrained(model))
    adapted.peft_config["default"].base_model_name_or_path = str(model.resolve())
    adapted.save_pretrained(folder.adapter)
    return folder.path


@pytest.fixture
def address(run: Path) -> Iterator[str]:
    """The address of a server of the run, in a process of its own."""
    with served(run, endless=True) as server:
        yield server.address


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens the page in a browser of its own, and waits for the first document."""
    contexts = []

    def opened(query: str = "", language: str = "en-US", heard: str = "From the journal") -> Page:
        contexts.append(browser.new_context(locale=language))
        page = contexts[-1].new_page()
        page.goto(f"{address}/compare{query}")
        expect(column(page, "Teacher" if language == "en-US" else "교사 모델")).to_contain_text(
            heard, timeout=20_000
        )
        return page

    yield opened
    for context in contexts:
        context.close()


def column(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True)


def keywords(run: Path) -> list[Example]:
    """The held-out examples of the task that stands first."""
    found = read_examples(RunFolder(run).dataset / "test.parquet")
    return [example for example in found if example.task == "keyword_extraction"]


def finished(page: Page, title: str) -> Locator:
    """A column whose model has come to its end."""
    of = column(page, title)
    expect(of).to_contain_text("Cut off after 12 tokens", timeout=60_000)
    expect(of).to_contain_text("tokens/s")
    return of


def test_three_answers_are_judged_and_markup_is_text(
    open_page: Callable[..., Page], run: Path
) -> None:
    page = open_page()
    example = keywords(run)[0]
    expect(column(page, "Reference answer")).to_contain_text(example.answer)
    teacher = column(page, "Teacher")
    expect(teacher).to_contain_text("Readable; the checks accept it")
    for finding in example.findings:
        if finding.severity == "warning":
            expect(teacher).to_contain_text(f"{finding.value}: {finding.message}")
    # The control that has the focus would open its list.
    page.get_by_label("Task").press("Control+Enter")
    said = [finished(page, title) for title in ("Untuned model", "Tuned model")]
    for of in said:
        expect(of).to_contain_text(MARKUP)
        expect(of).to_contain_text("Not readable: holds no JSON list")
    assert said[0].inner_text() != said[1].inner_text()
    scores = column(page, "F1 against the reference").get_by_role("row").nth(1)
    assert scores.inner_text().split() == ["keywords", "0.00", "0.00", "1.00"]
    assert page.locator("#content img").count() == 0
    assert page.evaluate("window.hit") is None


def test_an_answer_streams_and_stops(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.get_by_label("A prompt of your own").press("Space")
    expect(column(page, "Reference answer")).to_be_hidden()
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("Hello")
    page.get_by_label("Most tokens").fill("1900")
    page.get_by_label("Temperature").fill("1.9")
    prompt.press("Control+Enter")
    text = page.get_by_label("What Untuned model says")
    expect(text).not_to_be_empty(timeout=30_000)
    before = text.inner_text()
    expect(text).not_to_have_text(before)
    prompt.press("Escape")
    expect(column(page, "Untuned model")).to_contain_text("Stopped")
    stopped = text.inner_text()
    page.wait_for_timeout(500)
    assert text.inner_text() == stopped
    assert len(stopped) > len(before)
    expect(column(page, "Tuned model")).to_contain_text("Not asked yet")
    expect(column(page, "Teacher")).to_contain_text("no recorded reply")


def test_a_tab_that_is_closed_stops_its_answer(open_page: Callable[..., Page]) -> None:
    leaving, staying = open_page(), open_page()
    leaving.get_by_label("A prompt of your own").press("Space")
    leaving.get_by_label("Prompt", exact=True).fill("Hello")
    leaving.get_by_label("Most tokens").fill("1900")
    leaving.get_by_label("Temperature").fill("1.9")
    leaving.get_by_role("button", name="Ask", exact=True).click()
    expect(leaving.get_by_label("What Untuned model says")).not_to_be_empty(timeout=30_000)
    leaving.close()
    staying.wait_for_timeout(4000)
    staying.get_by_role("button", name="Ask", exact=True).click()
    # What the other one asked for would take far longer, and comes first.
    expect(column(staying, "Untuned model")).to_contain_text("Cut off", timeout=8_000)


def test_the_teacher_is_asked_on_a_click_alone_and_its_cost_told(
    run: Path, server, request: pytest.FixtureRequest
) -> None:
    recipe = RunFolder(run).recipe
    said = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    said["teacher"] = {
        "kind": "endpoint",
        "base_url": server.url,
        "model": "m",
        "max_tokens": 100,
        "price": {"input": 2.0, "output": 10.0},
    }
    recipe.write_text(json.dumps(said), encoding="utf-8")
    page = request.getfixturevalue("open_page")()
    page.get_by_label("A prompt of your own").press("Space")
    page.get_by_label("Prompt", exact=True).fill("Say <b>hello</b>")
    page.get_by_role("button", name="Ask", exact=True).click()
    teacher = column(page, "Teacher")
    # 16 bytes and 32 tokens around them, and 100 tokens of an answer.
    expect(teacher).to_contain_text("It costs 0.0011 US dollars at most.", timeout=20_000)
    assert server.bodies == []
    teacher.get_by_role("button", name="Ask the teacher").click()
    expect(teacher).to_contain_text("Asked now; the journal keeps it", timeout=20_000)
    expect(teacher).to_contain_text("<b>hello</b>")
    assert server.questions == ["Say <b>hello</b>"]


def test_documents_are_chosen_by_key_by_address_and_by_task(
    open_page: Callable[..., Page], run: Path
) -> None:
    examples = keywords(run)
    page = open_page(f"?item={examples[1].id}")
    reference = column(page, "Reference answer")
    expect(reference).to_contain_text(examples[1].answer)
    for key, example in (("n", examples[2]), ("p", examples[1]), ("p", examples[0])):
        page.locator("body").press(key)
        expect(reference).to_contain_text(example.answer)
    page.get_by_label("Task").click()
    page.get_by_role("option", name="Question answering, short").click()
    expect(column(page, "Teacher")).to_contain_text("The document brings its answer")


def test_two_readers_at_once_each_see_their_own(open_page: Callable[..., Page], run: Path) -> None:
    examples = keywords(run)
    pages = [open_page(f"?item={example.id}") for example in examples[:2]]
    for page in pages:
        page.get_by_role("button", name="Ask", exact=True).click()
    texts = [finished(page, "Tuned model").inner_text() for page in pages]
    assert texts[0] != texts[1]
    for page, example in zip(pages, examples, strict=False):
        expect(column(page, "Reference answer")).to_contain_text(example.answer)


def test_a_run_that_is_not_tuned_says_so_also_in_korean(
    open_page: Callable[..., Page], run: Path
) -> None:
    shutil.rmtree(RunFolder(run).adapter)
    page = open_page(language="ko-KR", heard="저널에 있는 답")
    expect(column(page, "튜닝 후 모델")).to_contain_text("아직 튜닝하지 않았습니다")
    page.get_by_role("button", name="묻기", exact=True).click()
    expect(column(page, "튜닝 전 모델")).to_contain_text("12토큰에서 잘렸습니다", timeout=60_000)
    expect(column(page, "튜닝 후 모델")).to_contain_text("아직 튜닝하지 않았습니다")
