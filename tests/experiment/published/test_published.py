from __future__ import annotations

from itertools import product

import pytest
from scipy.stats import binomtest

from chemtune.experiment.published.figures import counts_of, load_published
from chemtune.experiment.published.page import published_page
from chemtune.experiment.published.support import (
    above_all_levels,
    against_constant,
    against_start,
    average_misfit,
    between_mixtures,
    disagreements,
    korean_rows,
    paired_bounds,
    smallest_size,
)

PUBLISHED = load_published()


def test_each_mmlu_figure_is_one_count() -> None:
    of_mmlu = [f for f in PUBLISHED.distinct() if f.column.startswith("mmlu")]
    assert len(of_mmlu) == 18
    assert all(len(f.counts) == 1 for f in of_mmlu)
    counts = {(f.start, f.tuned_on, f.column): f.count for f in of_mmlu}
    assert counts["13B base", "nothing", "mmlu-high-school"] == 95
    assert counts["13B base", "Total", "mmlu-college"] == 42


def test_mmlu_averages_are_means_of_the_printed_rates() -> None:
    for average in (f for f in PUBLISHED.figures if f.column == "average" and f.table % 2):
        row = [
            f.value
            for f in PUBLISHED.figures
            if (f.table, f.start, f.tuned_on) == (average.table, average.start, average.tuned_on)
        ]
        assert average.value == pytest.approx(sum(row[:2]) / 2, abs=1e-4)


@pytest.mark.parametrize("total", [7, 100, 203])
def test_counts_against_all_counts(total: int) -> None:
    for value in (0.0, 0.3596, 0.42, 0.4286, 0.5, 1.0):
        every = tuple(k for k in range(total + 1) if round(k / total, 4) == value)
        assert counts_of(value, total) == every
    assert counts_of(0.3333, 100) == ()


def test_paired_bounds_against_every_overlap() -> None:
    total = 9
    for first, second in product(range(total + 1), repeat=2):
        values = []
        for both in range(max(0, first + second - total), min(first, second) + 1):
            gained, lost = second - both, first - both
            values.append(binomtest(gained, gained + lost).pvalue if gained + lost else 1.0)
        assert paired_bounds(first, second, total) == pytest.approx((min(values), max(values)))


def test_what_the_tables_support() -> None:
    starts = against_start(PUBLISHED)
    assert len(starts) == 12
    assert len(between_mixtures(PUBLISHED)) == 12
    assert {c.first.tuned_on for c in starts} == {"nothing"}
    assert all(c.first.start == c.second.start for c in starts)
    base = [c for c in starts if c.first.start == "13B base"]
    assert [c.difference for c in base if c.column == "mmlu-high-school"] == [-8, -5, -8]
    assert [c.difference for c in base if c.column == "mmlu-college"] == [-2, 0, 0]
    assert all(c.p_holm == 1.0 for c in [*starts, *between_mixtures(PUBLISHED)])
    college = {
        figure.count: bounds
        for figure, bounds in against_constant(PUBLISHED)
        if figure.column == "mmlu-college" and figure.start != "7B chat"
    }
    assert set(college) == {37, 38, 39, 40, 42}
    assert all(least > 0.05 for least, _ in college.values())


def test_defects_of_the_tables() -> None:
    (pair,) = disagreements(PUBLISHED)
    assert [(f.table, f.value) for f in pair] == [(8, 0.3277), (12, 0.3227)]
    assert [(f.table, f.start) for f in above_all_levels(PUBLISHED)] == [(8, "7B chat")]
    assert smallest_size(PUBLISHED, "mmlu-college") <= 100
    deviation, weights = average_misfit(PUBLISHED)
    assert sum(weights) == pytest.approx(1)
    # A grid of weights does no better than the program, and nearly as well.
    rows = korean_rows(PUBLISHED).values()
    tried = [
        max(abs(a * h + b * c + (1 - a - b) * p - mean) for h, c, p, mean in rows)
        for a, b in product([i / 100 for i in range(101)], repeat=2)
        if a + b <= 1
    ]
    assert deviation <= min(tried) <= deviation + 5e-4


def test_the_page_in_docs_is_what_the_command_prints(request: pytest.FixtureRequest) -> None:
    page = request.config.rootpath / "docs/published.md"
    assert page.read_text(encoding="utf-8") == published_page()
