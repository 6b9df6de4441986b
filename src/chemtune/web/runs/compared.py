"""Chosen runs against each other, as `compare` compares them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui import run, ui

from chemtune.errors import ChemtuneError
from chemtune.experiment.claim import claim, habits, p_value
from chemtune.experiment.compare_runs import compare
from chemtune.experiment.found_run import DAMAGE, FoundRun
from chemtune.web.runs.plain_table import plain_table
from chemtune.web.words import Words
from chemtune.wording.translate import worded_in


class ComparedRuns:
    """A comparison; made where it is to stand, and filled when it is there.

    Args:
        words: Of the reader.
        runs: The runs, the one that the others are compared with first; one alone is compared
            with itself before tuning.
    """

    def __init__(self, words: Words, runs: Sequence[FoundRun]) -> None:
        self._words, self._runs = words, runs
        with ui.element("h2").classes("runs-heading"):
            ui.label(words("Comparison"))
        self._said = ui.label(words("Comparing…")).props('aria-live="polite"')
        self._said.classes("runs-claim runs-lines")
        self._place = ui.element("div").classes("runs-full")
        ui.timer(0, self._fill, once=True)

    async def _fill(self) -> None:
        found = await run.io_bound(_compare, self._runs)
        if found is None or self._place.is_deleted:
            return
        if isinstance(found, str):
            self._said.classes("runs-fault").set_text(found)
            return
        self._said.set_text(claim(found["comparisons"], worded_in(self._words.language)))
        with self._place:
            self._tables(found)

    def _tables(self, found: dict[str, Any]) -> None:
        words, comparisons = self._words, found["comparisons"]
        for title in dict.fromkeys(c["title"] for c in comparisons):
            of_title = [c for c in comparisons if c["title"] == title]
            pairs = dict.fromkeys(tuple(c["runs"]) for c in of_title)
            for pair in pairs:
                rows = [_row(c, words) for c in of_title if tuple(c["runs"]) == pair]
                plain_table(title, [words("Measure"), *pair, *_heads(words)], rows)
        ui.label(
            words(
                "[low, high]: 95% interval. Holm: p adjusted to the {count} comparisons of this "
                "page; under 0.05 it holds.",
                count=len(comparisons),
            )
        ).classes("quiet")
        worded = worded_in(words.language)
        for line in dict.fromkeys(line for c in comparisons for line in habits(c, worded)):
            ui.label(line).classes("quiet")
        notes = [note for c in comparisons for note in c["notes"]]
        for note in dict.fromkeys([*notes, *found["notes"]]):
            ui.label(note).classes("quiet").props('lang="en"')


def _compare(runs: Sequence[FoundRun]) -> dict[str, Any] | str:
    """The comparison, or what stands against it."""
    try:
        return compare([one.path for one in runs])
    except (ChemtuneError, OSError) as error:
        return str(error)
    except DAMAGE as error:  # a file that is whole, and not what it should be
        return f"a file of these runs is damaged: {type(error).__name__} {error}"


def _heads(words: Words) -> list[str]:
    return [words("Difference"), "p", words("p after Holm"), words("Holds")]


def _row(comparison: dict[str, Any], words: Words) -> list[str]:
    low, high = comparison["interval95"]
    return [
        worded_in(words.language)(comparison["measure"]),
        *(_value(value, words) for value in comparison["values"]),
        f"{comparison['difference']:+.3f} [{low:+.2f}, {high:+.2f}]",
        _p(comparison["p"]),
        _p(comparison["p_holm"]),
        words("yes") if comparison["holds"] else words("no"),
    ]


def _value(value: dict[str, Any], words: Words) -> str:
    low, high = value["interval95"]
    if "count" in value:
        number = words("{k} of {n}", k=value["count"], n=value["total"])
    else:
        number = f"{value['value']:.3f}"
    return f"{number} [{low:.2f}, {high:.2f}]"


def _p(p: float) -> str:
    return p_value(p).removeprefix("= ")
