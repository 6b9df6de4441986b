from __future__ import annotations

import re
import shutil
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chemtune.errors import InputError
from chemtune.experiment import results
from chemtune.experiment.pages import grouped, shortened
from chemtune.experiment.report import report, without_passwords

from .conftest import MARKUP, SUMMARY_KO, FakeRun, make_example

VOID = {"meta", "br", "hr", "img", "link", "input"}
STEPS = ("no scores", "no data set", "no adapter")


class Page(HTMLParser):
    """The page's elements with their attributes, its text, and what was not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in {"td", "th", "dt", "dd", "li", "p"}:
            self.text += " "

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1] == "style"):
            self.text += data


def written(run: FakeRun) -> str:
    return Path(report(run.path)["report"]).read_text(encoding="utf-8")


def plain(html: str) -> str:
    return " ".join(Page(html).text.split())


def test_what_is_returned(whole_run: FakeRun) -> None:
    found = report(whole_run.path)
    # Readable thrice; two measures of keywords, three of the summary with names, three of the
    # Korean texts; four measures and two levels of the exam.
    assert found == {
        "report": str(whole_run.path / "report.html"),
        "run": str(whole_run.path),
        "measures": 17,
        "examples": 18,
    }


def test_further_measures_and_each_answers_scores_stand_on_the_page(page: str) -> None:
    text = plain(page)
    details = text[text.index("Further measures of the tasks") :]
    assert "F1 names, mean of documents 0.00 [0.00, 0.00] 0.75 [" in details
    # A readable answer is the reference's; one that could not be read shows no scores.
    assert "✓ readable F1@M 1.00, F1@5 1.00" in text
    assert "chrF++ 1.00, numbers kept 1.00, invented numbers 1.00" in text
    assert "F1@M 0.00," not in text


def test_counts_and_intervals_stand_on_the_page(page: str) -> None:
    text = plain(page)
    assert "over all tasks: before 0/12 [0.00, 0.24], after 9/12 [0.47, 0.91]" in text
    assert "readable 0/4 [0.00, 0.49] 3/4 [0.30, 0.95]" in text
    assert "right answers 5/20 [0.11, 0.47] 14/20 [0.48, 0.85]" in text
    assert "best constant answer A 5/20 A 5/20" in text
    assert "most frequent answer C 20/20" in text
    assert "before: answers C to 20 of 20 questions" in text
    # 9 gained, none lost: 2 / 2^9.
    assert "McNemar's test p = 0.004 (9 gained, 0 lost, of 20)" in text


def test_data_tuning_and_settings_stand_on_the_page(page: str) -> None:
    text = plain(page)
    assert "18 examples from 10 documents; none of the documents are in more than one split" in text
    assert "Keyword extraction 5 1 4" in text
    assert "checks grounding 2" in text
    assert "tokens too long 1" in text
    assert "longer than allowed (cut, not left out) 1" in text
    assert "journal CC-BY-4.0 recorded 17" in text
    assert "peak memory 3.00 GiB" in text
    assert "tokens a second 153.9" in text
    assert "HuggingFaceTB/SmolLM2-135M-Instruct" in text
    assert "5fee16bc3c676519" in text
    assert "after: weights (float32) w-after" in text
    assert "chemtune run fake.yaml" in text


def test_nothing_from_documents_or_models_is_markup(page: str) -> None:
    parsed = Page(page)
    assert not parsed.open
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"script", "img", "iframe", "link", "object", "image", "foreignobject", "i"}
    assert not [a for _, attrs in parsed.elements for a in attrs if a.startswith("on")]
    assert MARKUP not in page
    assert escape(MARKUP).replace("&quot;", "&#34;") in page
    assert MARKUP in parsed.text
    assert "<i>doc</i>" in parsed.text
    assert "Exam <b>A</b> & co" in parsed.text


def test_the_page_loads_nothing(page: str) -> None:
    loading = {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}
    assert not [attrs for _, attrs in Page(page).elements if loading & attrs.keys()]
    style = page[page.index("<style>") : page.index("</style>")]
    assert not re.search(r"url\(|@import|https?:", style)
    assert not re.search(r"style=\"[^\"]*url\(", page)
    assert "default-src 'none'" in page


def test_korean_is_whole_and_marked(page: str) -> None:
    assert SUMMARY_KO in unescape(page)
    korean = [
        attrs for tag, attrs in Page(page).elements if tag == "pre" and attrs.get("lang") == "ko"
    ]
    assert korean
    assert Page(page).elements[0] == ("html", {"lang": "en"})


def test_verdicts(page: str) -> None:
    text = plain(page)
    shown = text[text.index("Ten held-out examples") :]
    assert shown.count("untuned") == 10
    assert shown.count("✗ unreadable: ") + shown.count("✓ readable") == 20


@pytest.mark.parametrize("done", range(3))
def test_what_is_not_done_is_said(own_run: FakeRun, done: int) -> None:
    parts = [("dataset",), ("dataset", "adapter"), ("dataset", "adapter", "evaluation")][done]
    for name in {"dataset", "adapter", "evaluation"} - set(parts):
        shutil.rmtree(own_run.path / name)
    text = plain(written(own_run))
    assert ("no scores" in text) == ("evaluation" not in parts)
    assert ("no adapter" in text) == ("adapter" not in parts)
    assert "no data set" not in text


def test_a_run_that_has_only_begun(new_run: FakeRun) -> None:
    found = report(new_run.path)
    assert (found["measures"], found["examples"]) == (0, 0)
    text = plain(written(new_run))
    assert all(step in text for step in STEPS)


def test_only_one_side(own_run: FakeRun) -> None:
    own_run.scores.pop("after")
    answers = {e.id: e.answer for e in own_run.examples}
    own_run.evaluate("before", answers)
    text = plain(written(own_run))
    assert "Only one side was measured (before)" in text
    assert "readable 4/4 [0.51, 1.00]" in text
    assert "The recipe names no question set" in text


def test_a_domain_that_is_not_found(tmp_path: Path) -> None:
    run = FakeRun(tmp_path / "law", domain="../nowhere")
    run.build([make_example("keyword_extraction", i) for i in range(3)])
    run.evaluate("before", {e.id: "no" for e in run.examples})
    text = plain(written(run))
    assert "The run's domain was not found" in text
    assert "✗" not in text


def test_file_names_are_those_of_the_steps() -> None:
    from chemtune.evaluation import evaluate
    from chemtune.tuning import tune

    assert (results.SUMMARY, results.SCORES) == (tune.SUMMARY, evaluate.SCORES)


def test_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a run's folder: it has no recipe\.yaml.*runs/demo"):
        report(tmp_path)
    with pytest.raises(InputError, match="not a run's folder"):
        report(tmp_path / "missing")


def test_damaged_scores(own_run: FakeRun) -> None:
    (own_run.folder.evaluation / "scores.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"scores\.json: is damaged"):
        report(own_run.path)


def test_a_prediction_file_that_is_being_written_is_left_as_it_is(own_run: FakeRun) -> None:
    path = own_run.folder.evaluation / "after" / "questions-after.jsonl"
    cut = path.read_bytes()[:-20]
    path.write_bytes(cut)
    text = plain(written(own_run))
    assert "McNemar's test is over the 19 questions that both were asked" in text
    assert path.read_bytes() == cut


def test_the_same_run_gives_the_same_page(own_run: FakeRun) -> None:
    assert written(own_run) == written(own_run)


def test_shown_texts() -> None:
    assert shortened("a" * 4000) == "a" * 4000
    assert "[… 1000 characters not shown …]" in shortened("a" * 5000)
    assert grouped(14248) == "14\u202f248"
    assert without_passwords("base_url: https://me:secret@host/v1") == "base_url: https://…@host/v1"
