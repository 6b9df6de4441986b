from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score

from chemtune.errors import InputError
from chemtune.experiment.grid_report import latex, markdown
from chemtune.experiment.grid_report.cells import read_grid
from chemtune.experiment.grid_report.facts import data_and_tokens, seed_spreads
from chemtune.experiment.grid_report.findings import findings
from chemtune.experiment.grid_report.interaction import interactions
from chemtune.experiment.grid_report.page import grid_page
from chemtune.experiment.grid_report.repeat import repeat_of
from chemtune.experiment.grid_report.report_grid import state_of
from chemtune.experiment.grid_report.rows import Rows, read_rows
from chemtune.experiment.grid_report.tables import TableCell, Tables
from chemtune.experiment.report import report
from chemtune.files import write_json

from ..conftest import MARKUP
from .conftest import SKILLS, answered, fill_cell, make_grid

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """The page's tags, its text, and what was not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.text += " "

    def handle_data(self, data: str) -> None:
        if not (self.open and self.open[-1] == "style"):
            self.text += data


@pytest.fixture(scope="session")
def rows(whole_grid: Path) -> Rows:
    return read_rows(read_grid(whole_grid))


@pytest.fixture(scope="session")
def tables(rows: Rows) -> Tables:
    return Tables(rows)


@pytest.fixture(scope="session")
def page(whole_grid: Path, rows: Rows, tables: Tables) -> str:
    grid = read_grid(whole_grid)
    return grid_page(grid, rows, tables, state_of(grid))


def text_of(html: str) -> str:
    return " ".join(Page(html).text.split())


def cells_of(tables: Tables, panel: str, column: str) -> dict[str, TableCell]:
    table = tables.side_by_side(panel)
    at = table.columns.index(column)
    return {title: cell for title, cells in table.rows if (cell := cells[at]) is not None}


def change(folder: Path, **changes: Any) -> None:
    book = json.loads((folder / "cells.json").read_text(encoding="utf-8"))
    for cell in book["cells"]:
        cell.update(changes)
    write_json(folder / "cells.json", book)


def test_rows_are_models_as_they_are_and_tuned_over_seeds(rows: Rows) -> None:
    assert [row.title for row in rows.rows] == [
        "small", "small + english", "small + korean",
        "large", "large + english", "large + korean",
    ]  # fmt: skip
    assert [len(row.cells) for row in rows.rows] == [1, 2, 2, 1, 2, 2]
    questions = ["English questions", "Korean questions", "General English questions"]
    losses = "Reference answers, bits per byte"
    assert list(rows.panels) == [*questions, "Keyword extraction", losses]
    assert rows.panels["Korean questions"] == ["Exams, high school", "Exams, college", "average"]
    assert not rows.gaps


def test_figures_against_scikit_learn(tables: Tables) -> None:
    cells = cells_of(tables, "English questions", "MMLU")
    before = answered("MMLU", 60, SKILLS["none"][0], 10)
    expected = accuracy_score([r["key"] for r in before], [r["chosen"] for r in before])
    assert cells["small"].figure.value == pytest.approx(expected)
    seeds = [answered("MMLU", 60, SKILLS["english"][0], 10 + seed) for seed in (0, 1)]
    counts = tuple(sum(r["correct"] for r in of_seed) for of_seed in seeds)
    tuned = cells["small + english"]
    assert tuned.counts == counts
    assert tuned.number == f"{counts[0]}, {counts[1]} of 60"
    assert tuned.figure.value == pytest.approx(sum(counts) / 120)
    shares = [np.mean([pick == r["key"] for pick in r["orders"]]) for of in seeds for r in of]
    assert tuned.permuted is not None
    assert tuned.permuted.value == pytest.approx(np.mean(shares))


def test_average_is_the_mean_of_the_columns(tables: Tables) -> None:
    of = {c: cells_of(tables, "Korean questions", c)["small + korean"].figure.value
          for c in ("Exams, high school", "Exams, college", "average")}  # fmt: skip
    assert of["average"] == pytest.approx((of["Exams, high school"] + of["Exams, college"]) / 2)


def test_one_seed_is_tested_by_mcnemar_with_holm(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "one", ("small",), (0,))
    tables = Tables(read_rows(read_grid(folder)))
    (table,) = tables.of_panel("English questions")
    cells = {title: of[0] for title, of in table.rows}
    before = answered("MMLU", 60, SKILLS["none"][0], 10)
    p = {}
    for mixture in ("english", "korean"):
        after = answered("MMLU", 60, SKILLS[mixture][0], 10)
        gained = sum(a["correct"] > b["correct"] for b, a in zip(before, after, strict=True))
        lost = sum(a["correct"] < b["correct"] for b, a in zip(before, after, strict=True))
        p[mixture] = binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
        cell = cells[f"small + {mixture}"]
        assert cell is not None
        assert cell.start is not None
        assert (cell.start.test, cell.start.gained, cell.start.lost) == (
            "exact McNemar", gained, lost,
        )  # fmt: skip
        assert cell.start.p == pytest.approx(p[mixture])
    small, large = sorted(p.values())
    adjusted = [cells[f"small + {m}"].start.p_holm for m in p]
    assert sorted(adjusted) == pytest.approx([2 * small, max(2 * small, large)])
    assert "▲" in cells["small + english"].marks
    assert "▲" not in cells["small + korean"].marks
    assert table.family == 2


def test_one_letter_is_the_keys_most_frequent(tables: Tables) -> None:
    cell = cells_of(tables, "English questions", "MMLU")["small"]
    keys = [r["key"] for r in answered("MMLU", 60, 0.3, 10)]
    assert cell.constant is not None
    assert cell.constant.values[0].count == max(map(keys.count, "ABCD"))
    assert cell.marks == ("○" if cell.constant.p_holm >= 0.05 else "")


def test_interaction_against_plain_rates(rows: Rows) -> None:
    def rate(name: str, mixture: str, seeds: tuple[int, ...]) -> float:
        base, at = (10, 0) if name == "MMLU" else (20, 1)
        all_rows = [answered(name, 60, SKILLS[mixture][at], base + s) for s in seeds]
        return float(np.mean([r["correct"] for of in all_rows for r in of]))

    found = {(i.start, i.first, i.second): i for i in interactions(rows)}
    assert len(found) == 6
    one = found["small", "no tuning", "korean"]
    korean = rate("Exams", "korean", (0, 1)) - rate("Exams", "none", (0,))
    english = rate("MMLU", "korean", (0, 1)) - rate("MMLU", "none", (0,))
    assert one.difference == pytest.approx(korean - english)
    assert one.interval[0] < one.difference < one.interval[1]
    assert one.p_holm < 0.05
    # The levels are of equal size, so all three differences close a circle.
    first, last = found["small", "no tuning", "english"], found["small", "english", "korean"]
    assert first.difference + last.difference == pytest.approx(one.difference)


def test_tokens_by_language_and_data(whole_grid: Path) -> None:
    data, tokens = data_and_tokens(read_grid(whole_grid))
    (one,) = data
    assert len(one.cells) == 10
    counts, rejected = one.tasks["keyword_extraction"]
    assert counts["train"] == 3
    assert rejected == {"checks: grounding": 2}
    of = {t.language: t for t in tokens if t.cell == "small--korean--0"}
    assert (of["en"].examples, of["en"].tokens, of["en"].labels) == (3, 300, 60)
    assert (of["ko"].tokens, of["ko"].share) == (800, pytest.approx(8 / 11))


def test_seed_spread(rows: Rows) -> None:
    found = {(s.row, s.panel, s.column): s.spread for s in seed_spreads(rows)}
    spread = found["small + korean", "English questions", "MMLU"]
    rates = [np.mean([r["correct"] for r in answered("MMLU", 60, 0.3, 10 + s)]) for s in (0, 1)]
    assert spread.values == pytest.approx(rates)
    assert spread.deviation == pytest.approx(np.std(rates, ddof=1))
    assert ("small + korean", "Korean questions", "Exams, college") not in found


def test_the_page_holds_every_part(page: str) -> None:
    text = text_of(page)
    assert "10 of 10 cells are done." in text
    assert "not finished" not in text
    assert "small + korean is better than its own start" in text
    assert "95/203 [0.40, 0.54]" in text
    assert "3.000, 3.400 +0.400" in text
    assert "tuning.seed" not in text
    assert "all that is known 10:10" in text
    assert "keyword_extraction 3 0 8 2 checks: grounding 2" in text
    assert page.count("<svg") == 5
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_nothing_of_the_page_loads_or_runs(page: str) -> None:
    parsed = Page(page)
    assert not parsed.open
    assert not parsed.tags & {"script", "img", "iframe", "link", "object", "image"}
    assert not [name for name in parsed.attributes if name.startswith("on")]
    assert not parsed.attributes & {"src", "href", "xlink:href", "srcset"}
    assert MARKUP in parsed.text
    assert MARKUP not in page


def test_an_unfinished_grid_shows_what_is_there(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12, done=lambda name: "korean" not in name)
    html = Path(report(folder)["report"]).read_text(encoding="utf-8")
    text = text_of(html)
    assert "2 of 3 cells are done, 1 failed." in text
    assert "This grid is not finished" in text
    assert f"small--korean--0 out of memory {MARKUP}" in text
    assert MARKUP not in html
    assert "small + english" in text


def test_a_start_that_is_not_done(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12, done=lambda name: "none" not in name)
    tables = Tables(read_rows(read_grid(folder)))
    assert all(c.start is None for t in tables.all for _, of in t.rows for c in of if c)
    assert report(folder)["significant"] == 0
    text = text_of((folder / "report.html").read_text(encoding="utf-8"))
    assert "holds after correction" not in text


@pytest.mark.parametrize("state", ["open", "running"])
def test_a_grid_that_has_only_begun(tmp_path: Path, state: str) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12, done=lambda _: False)
    change(folder, state=state, why="")
    for form in ("html", "markdown", "latex"):
        assert report(folder, form)["cells"] == {state: 3}
    text = text_of((folder / "report.html").read_text(encoding="utf-8"))
    assert f"0 of 3 cells are done, 3 {state}." in text
    assert "No cell is done yet." in text


def test_a_damaged_cell_is_told_of_and_the_others_stand(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12)
    (folder / "cells/small--korean--0/evaluation/scores.json").write_text("{", encoding="utf-8")
    rows = read_rows(read_grid(folder))
    assert [row.title for row in rows.rows] == ["small", "small + english"]
    ((cell, why),) = rows.gaps
    assert cell == "small--korean--0"
    assert "scores.json: is damaged" in why
    assert "is damaged" in text_of(Path(report(folder)["report"]).read_text(encoding="utf-8"))


def test_a_named_cell_is_no_seed_of_another(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12)
    book = json.loads((folder / "cells.json").read_text(encoding="utf-8"))
    fill_cell(folder / "cells/twice", "english", 3, 12)
    named = {**book["cells"][1], "id": "twice", "run": "cells/twice"}
    write_json(folder / "cells.json", {**book, "cells": [*book["cells"], named]})
    rows = read_rows(read_grid(folder))
    assert [row.condition for row in rows.rows] == ["no tuning", "english", "korean", "twice"]


def test_hostile_names_are_text_everywhere(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12)
    book = json.loads((folder / "cells.json").read_text(encoding="utf-8"))
    hostile = f"{MARKUP} 50% & a_b|c $x$ \\input{{x}} [y](z)"
    for cell in book["cells"]:
        cell["axes"]["start"] = hostile
    write_json(folder / "cells.json", {**book, "grid": hostile})
    html = Path(report(folder)["report"]).read_text(encoding="utf-8")
    assert hostile in Page(html).text
    assert not Page(html).tags & {"script", "img"}
    tables_md = Path(report(folder, "markdown")["report"]).read_text(encoding="utf-8")
    assert "<script" not in tables_md
    assert "](z)" not in tables_md
    tex = Path(report(folder, "latex")["report"]).read_text(encoding="utf-8")
    assert "\\input" not in tex
    assert r"50\% \& a\_b" in tex


def test_latex_is_balanced_and_escaped(tables: Tables) -> None:
    tex = latex.as_latex("fake", "10 of 10 cells are done.", tables.all)
    body = re.sub(r"\\[{}%&#$_]", "", tex)
    assert body.count("{") == body.count("}")
    assert tex.count(r"\begin{tabular}") == tex.count(r"\bottomrule") == 20
    for table in re.findall(r"\\begin\{tabular\}\{(l+)\}(.*?)\\end\{tabular\}", tex, re.S):
        for line in re.findall(r".* \\\\$", table[1], re.M):
            assert len(re.findall(r"(?<!\\)&", line)) == len(table[0]) - 1
    assert latex.escaped("a--b---c") == "a-{}-b-{}-{}-c"
    assert latex.escaped("a\\b{c}~^") == (
        r"a\textbackslash{}b\{c\}\textasciitilde{}\textasciicircum{}"
    )


def test_markdown_tables_have_even_rows(tables: Tables) -> None:
    text = markdown.as_markdown("fake", "10 of 10 cells are done.", tables.all)
    for block in text.split("\n\n"):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()
                  if line.startswith("|")}  # fmt: skip
        assert len(widths) <= 1
    assert markdown.escaped("a|b *c* <i>\n") == r"a\|b \*c\* &lt;i&gt;"


def test_the_same_grid_gives_the_same_page(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), count=12)
    pages = [Path(report(folder)["report"]).read_bytes() for _ in range(2)]
    assert pages[0] == pages[1]
    moved = shutil.move(folder, tmp_path / "moved")
    assert Path(report(moved)["report"]).read_bytes() == pages[0]


def test_everything_to_repeat_it(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12)
    (folder / "grid.yaml").write_text(f"name: x # {MARKUP} https://me:key@host", encoding="utf-8")
    recipe = folder / "cells/small--korean--0/recipe.yaml"
    recipe.write_text(
        recipe.read_text(encoding="utf-8").replace("epochs: 3.0", "epochs: 2.5"), encoding="utf-8"
    )
    repeat = repeat_of(read_grid(folder))
    assert repeat is not None
    changes = {cell.cell: dict(cell.changes) for cell in repeat.cells}
    assert changes["small--korean--0"] == {"tuning.epochs": "2.5"}
    assert changes["small--english--0"] == {}
    identities = {cell.cell: dict(cell.identities) for cell in repeat.cells}
    assert identities["small--none"] == {"weights": "w-before", "precision": "float32"}
    assert identities["small--korean--0"]["tuning"] == "5fee16bc3c676519"
    assert dict(repeat.versions)["python"]
    assert repeat.grid == f"name: x # {MARKUP} https://…@host"
    text = text_of(Path(report(folder)["report"]).read_text(encoding="utf-8"))
    assert repeat.grid in text
    assert "small--korean--0 tuning.epochs: 2.5" in text


def test_other_questions_of_one_name_are_not_paired(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12)
    path = folder / "cells/small--korean--0/evaluation/after/questions-MMLU.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines = (json.dumps({**row, "content": "another text"}) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    cells = cells_of(Tables(read_rows(read_grid(folder))), "English questions", "MMLU")
    assert cells["small + english"].start is not None
    assert cells["small + korean"].figure.total == 12
    assert cells["small + korean"].start is None


def test_bad_books(tmp_path: Path) -> None:
    folder = make_grid(tmp_path / "g", ("small",), (0,), 12, done=lambda _: False)
    for text, said in (("{", "is damaged"), ('{"grid": "x"}', "KeyError 'axes'"), ("[]", "object")):
        (folder / "cells.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=said):
            report(folder)
    (folder / "cells.json").unlink()
    with pytest.raises(InputError, match="not a run's folder"):
        report(folder)
    with pytest.raises(InputError, match=r"--format latex is for grids"):
        report(folder, "latex")


def test_every_pair_of_conditions_interacts(rows: Rows) -> None:
    of_small = [row.condition for row in rows.rows if row.start == "small"]
    pairs = [(i.first, i.second) for i in interactions(rows) if i.start == "small"]
    assert pairs == list(combinations(of_small, 2))


def test_findings_are_told_by_row_and_direction(rows: Rows) -> None:
    found = findings(Tables(rows))
    assert len({(one.title, one.better) for one in found}) == len(found)
    held = [
        (title, column)
        for panel in rows.panels
        if Tables(rows).of_panel(panel)
        for title, cells in Tables(rows).side_by_side(panel).rows
        for column, cell in zip(Tables(rows).side_by_side(panel).columns, cells, strict=True)
        if cell is not None and cell.start is not None and cell.start.p_holm < 0.05
    ]
    assert sum(one.count for one in found) == len(held) > 0
    for one in found:
        told = [said.split(" ")[0] for outcomes in one.outcomes.values() for said in outcomes]
        columns = [column.split(" ")[0] for title, column in held if title == one.title]
        assert set(told) <= set(columns)
        assert 0 < one.p < 0.05
    (korean,) = (one for one in found if (one.title, one.better) == ("small + korean", True))
    assert korean.claim.startswith("is better than its own start in ")
