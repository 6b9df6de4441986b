"""The published figures beside a grid's own, by language and level."""

from __future__ import annotations

from dataclasses import dataclass

from chemtune.evaluation.statistics import wilson
from chemtune.experiment.grid_report.rows import Row, Rows
from chemtune.experiment.grid_report.tables import figure_of
from chemtune.experiment.measure import Figure, share
from chemtune.experiment.published.figures import NOTHING, Published, load_published


@dataclass(frozen=True)
class Beside:
    """One language: the levels, and the rows of the paper and of the grid."""

    language: str
    levels: tuple[str, ...]
    published: tuple[tuple[str, tuple[Figure | None, ...]], ...]
    own: tuple[tuple[str, tuple[Figure | None, ...]], ...]


def beside_published(rows: Rows) -> list[Beside]:
    """Return the paper's figures with the grid's of the same language and level.

    They are other models and, of Korean, other questions: the two are set side by side, not tested.
    """
    published = load_published()
    found = []
    for language in dict.fromkeys(of.language for of in published.sets.values()):
        sets = [of for of in published.sets.values() if of.language == language]
        levels = tuple(of.level for of in sets)
        own = tuple(
            (row.title, tuple(_own(row, language, level) for level in levels)) for row in rows.rows
        )
        columns = [of.name for of in sets]
        found.append(Beside(language, levels, tuple(_published(published, columns)), own))
    return found


def _published(
    published: Published, columns: list[str]
) -> list[tuple[str, tuple[Figure | None, ...]]]:
    by_row: dict[str, dict[str, Figure]] = {}
    for figure in published.distinct():
        if figure.column not in columns:
            continue
        plain = figure.tuned_on == NOTHING
        title = figure.start if plain else f"{figure.start} + {figure.tuned_on}"
        total = published.sets[figure.column].total
        count = figure.count
        of_row = by_row.setdefault(title, {})
        of_row[figure.column] = (
            Figure(figure.value) if count is None else share(count, total, wilson(count, total))
        )
    return [(title, tuple(of.get(c) for c in columns)) for title, of in by_row.items()]


def _own(row: Row, language: str, level: str) -> Figure | None:
    """The first column of this language and level, of the questions scored by likelihood."""
    for panel, columns in row.cells[0].panels.items():
        for title, column in columns.items():
            if (column.language, column.level) == (language, level):
                found = row.column(panel, title)
                return figure_of(found.measure) if found else None
    return None
