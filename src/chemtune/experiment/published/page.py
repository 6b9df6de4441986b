"""The page about the published figures, as Markdown: every number on it is computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chemtune.evaluation.families import holm
from chemtune.evaluation.statistics import wilson
from chemtune.experiment.claim import p_value
from chemtune.experiment.published.figures import (
    AVERAGE,
    NOTHING,
    Published,
    PublishedFigure,
    load_published,
)
from chemtune.experiment.published.support import (
    ALPHA,
    PublishedComparison,
    above_all_levels,
    against_constant,
    against_start,
    average_misfit,
    between_mixtures,
    between_starts,
    disagreements,
    korean_rows,
    smallest_seen,
    smallest_size,
)

HEAD = """\
# The published figures

What the tables of the paper can support, computed from the printed numbers alone. This page is the
output of `chemtune report --published`.

Source: {source}. Tables 7 to 12. F1 there is micro-averaged, so it is accuracy, and every MMLU
figure is a whole count of {high} or {college} questions. [low, high] is Wilson's 95% interval.
"""
PAIRS = """\
The same questions were put to both, but which of them each got right was not published. So p is of
Fisher's exact test, as if the questions were different ones; Holm's correction is over the table.
The last column is what two counts say of McNemar's exact test on the pairs: its least and its
largest p, over every way in which the right answers can overlap.
"""


def published_page() -> str:
    """Return the page: the figures with their counts, the comparisons, and what follows."""
    published = load_published()
    sizes = {name: of.total for name, of in published.sets.items()}
    head = HEAD.format(
        source=published.source, high=sizes["mmlu-high-school"], college=sizes["mmlu-college"]
    )
    mixtures, starts = between_mixtures(published), against_start(published)
    parts = [
        head,
        "## What follows\n\n" + _follows(published, starts, mixtures),
        "## The counts\n\n" + _counts(published),
        "## Tuned models against their own start\n\n" + PAIRS + "\n" + _comparisons(starts),
        "## Mixtures against each other\n\n" + _comparisons(mixtures),
        "## Untuned models against each other\n\n" + _comparisons(between_starts(published)),
        "## One letter for every question\n\n" + _constants(published),
        "## The Korean exams\n\n" + _korean(published),
    ]
    return "\n".join(parts)


def _follows(
    published: Published,
    starts: Sequence[PublishedComparison],
    mixtures: Sequence[PublishedComparison],
) -> str:
    base = [c for c in starts if c.first.start == "13B base"]
    of_sets = [_of_set(published, [c for c in base if c.column == n]) for n in _columns(base)]
    better = sum(c.difference > 0 for c in base)
    college = published.sets["mmlu-college"]
    of_13b = sorted(
        figure.count or 0
        for figure in published.counted()
        if figure.column == college.name and figure.start.startswith("13B")
    )
    letter, constant = college.constant
    more = smallest_seen(of_13b[0], college.total)
    lines = [
        f"Against its own start, the untuned 13B base model, {_number(better)} of the models tuned "
        f"from it is better in either MMLU set: {'; '.join(of_sets)}. The paper sets them against "
        "the untuned chat model, which is the weaker start.",
        f"Between tuned models and their start {_held(starts)}. Between mixtures "
        f"{_held(mixtures)}. {_even_paired(starts, mixtures)}",
        f"The 13B models' college scores, {of_13b[0]} to {of_13b[-1]} of {college.total}, are what "
        f"always answering {letter} gets ({constant}): they show no knowledge beyond that. From "
        f"{of_13b[0]} it takes {more} more right answers for p < 0.05.",
        *_defects(published),
    ]
    return "".join(f"- {line}\n" for line in lines)


def _columns(comparisons: Sequence[PublishedComparison]) -> list[str]:
    return list(dict.fromkeys(c.column for c in comparisons))


def _of_set(published: Published, comparisons: Sequence[PublishedComparison]) -> str:
    first = comparisons[0].first
    tuned = ", ".join(f"{c.second.count} ({c.second.tuned_on})" for c in comparisons)
    title = published.sets[first.column].title
    return f"{title} {first.count} of {comparisons[0].total} before, {tuned} after"


def _number(count: int) -> str:
    return "none" if count == 0 else str(count)


def _held(comparisons: Sequence[PublishedComparison]) -> str:
    held = sum(c.p_holm < ALPHA for c in comparisons)
    least = min(c.p for c in comparisons)
    said = f"of the {len(comparisons)} differences is significant"
    return f"{_number(held)} {said} (the least p, before any correction, is {least:.2f})"


def _even_paired(*families: Sequence[PublishedComparison]) -> str:
    """What holds whatever the pairs were: the least p of each, adjusted as a family."""
    least = [min(holm([c.paired[0] for c in family])) for family in families]
    if min(least) < ALPHA:
        return "Had the pairs been published, some of them could be significant."
    return (
        "The pairs could not change that: even the least p that McNemar's test could have is, "
        f"after Holm's correction, {' and '.join(f'{p:.3f}' for p in least)}."
    )


def _defects(published: Published) -> Iterable[str]:
    for one, other in disagreements(published):
        yield (
            f"One figure is printed as two: the {one.column} of the {one.start} model tuned on "
            f"{one.tuned_on} is {one.value:.4f} in table {one.table} and {other.value:.4f} in "
            f"table {other.table}."
        )
    for figure in above_all_levels(published):
        yield (
            f"The average of the {figure.start} model in table {figure.table}, {figure.value:.4f}, "
            "lies outside of the figures that it is the average of."
        )


def _counts(published: Published) -> str:
    names = [name for name, of in published.sets.items() if of.total]
    titles = [f"{published.sets[n].title} (of {published.sets[n].total})" for n in names]
    by_row: dict[tuple[str, str], dict[str, PublishedFigure]] = {}
    for figure in published.distinct():
        if figure.column in names:
            by_row.setdefault((figure.start, figure.tuned_on), {})[figure.column] = figure
    rows = [
        [start, tuned_on, *(_count(published, of[name]) for name in names), _tables(published, of)]
        for (start, tuned_on), of in by_row.items()
    ]
    several = [f for f in published.distinct() if f.column in names and len(f.counts) != 1]
    note = (
        "Each figure is the share of exactly one count, rounded to four digits.\n"
        if not several
        else f"{len(several)} figures are the share of no count, or of several.\n"
    )
    return note + "\n" + _table(["start", "tuned on", *titles, "tables"], rows)


def _count(published: Published, figure: PublishedFigure) -> str:
    total = published.sets[figure.column].total
    counts = " or ".join(map(str, figure.counts)) or "none"
    low, high = wilson(figure.counts[0], total) if figure.counts else (0.0, 1.0)
    return f"{figure.value:.4f} = {counts} [{low:.2f}, {high:.2f}]"


def _tables(published: Published, row: dict[str, PublishedFigure]) -> str:
    (first, *_) = row.values()
    found = {
        f.table
        for f in published.figures
        if (f.start, f.tuned_on, f.column) == (first.start, first.tuned_on, first.column)
    }
    return ", ".join(map(str, sorted(found)))


def _comparisons(comparisons: Sequence[PublishedComparison]) -> str:
    rows = [
        [
            c.column,
            _model(c.first),
            _model(c.second),
            f"{c.first.count}, {c.second.count} of {c.total}",
            f"{c.difference / c.total:+.3f} [{c.interval[0]:+.2f}, {c.interval[1]:+.2f}]",
            _p(c.p),
            _p(c.p_holm),
            f"{_p(c.paired[0])} to {_p(c.paired[1])}",
        ]
        for c in comparisons
    ]
    heads = ["set", "first", "second", "right", "difference", "p", "Holm", "McNemar's p"]
    return _table(heads, rows)


def _model(figure: PublishedFigure) -> str:
    return figure.start if figure.tuned_on == NOTHING else f"{figure.start} + {figure.tuned_on}"


def _constants(published: Published) -> str:
    rows = []
    for figure, (least, most) in against_constant(published):
        letter, count = published.sets[figure.column].constant
        rows.append(
            [
                figure.column,
                _model(figure),
                str(figure.count),
                f"{letter}: {count}",
                f"{_p(least)} to {_p(most)}",
            ]
        )
    note = (
        "What the best single letter gets is known from the key. Whether a score differs from it "
        "depends on which questions it got right; the p of McNemar's exact test lies between "
        "these.\n"
    )
    return note + "\n" + _table(["set", "model", "right", "one letter", "McNemar's p"], rows)


def _korean(published: Published) -> str:
    names = [name for name, of in published.sets.items() if not of.total]
    sizes = ", ".join(f"{published.sets[n].level} {smallest_size(published, n)}" for n in names)
    deviation, weights = average_misfit(published)
    shown = ", ".join(
        f"{w:.2f} {published.sets[n].level}" for w, n in zip(weights, names, strict=True)
    )
    rows = [
        [start, tuned_on, *(f"{v:.4f}" for v in values)]
        for (start, tuned_on), values in korean_rows(published).items()
    ]
    note = (
        "The sizes of these sets were not published, so the figures have no count, no interval and "
        f"no test. The smallest sizes for which all figures of a level are whole counts: {sizes}. "
        "The averages are no mean of the levels with weights of whatever size, if these are the "
        f"same for all models: the best ones ({shown}) miss an average by {deviation:.4f}, where "
        "rounding explains 0.0001.\n"
    )
    titles = [published.sets[n].level for n in names]
    return note + "\n" + _table(["start", "tuned on", *titles, AVERAGE], rows)


def _p(p: float) -> str:
    return p_value(p).removeprefix("= ")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(heads), "|".join("---" for _ in heads)]
    lines += [" | ".join(row) for row in rows]
    return "".join(f"| {line} |\n" if "---" not in line else f"|{line}|\n" for line in lines)
