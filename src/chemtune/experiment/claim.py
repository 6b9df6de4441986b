"""What may be claimed of a family of comparisons, in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chemtune.experiment.card import READABLE
from chemtune.experiment.run_comparison import RIGHT

MOST_NAMED = 4
# Makes a text of a template with `{}` for each value; `wording.worded` does so in Korean too.
Worded = Callable[..., str]
Row = Mapping[str, Any]


def claim(comparisons: Sequence[Row], worded: Worded = str.format) -> str:
    """Return the sentence: what holds, of what nothing can be said, and which scores are no score.

    Args:
        comparisons: As `compare` returns them, one at least.
        worded: Puts values into a template; in English, where it is not given.
    """
    held = [c for c in comparisons if c["holds"]]
    parts = [_opening(comparisons, held, worded)]
    open_ones = [c for c in comparisons if not c["holds"]]
    if held and open_ones:
        one_pair = len({tuple(c["runs"]) for c in comparisons}) == 1
        about = [_what(c, worded) if one_pair else _about(c, worded) for c in open_ones]
        parts.append(worded("nothing can be said of {}", _listed(about, worded)))
    given = _habits(comparisons, worded)
    if given:
        parts.append(worded("{}, which is no knowledge", _listed(given, worded)))
    return "; ".join(parts) + "."


def habits(comparison: Row, worded: Worded = str.format) -> list[str]:
    """Return a line for each run of a comparison that gives one letter, whatever is asked."""
    return [
        worded("{} gives one letter: {}", run, _given(habit, worded))
        for run, habit in comparison["letters"].items()
    ]


def _opening(comparisons: Sequence[Row], held: Sequence[Row], worded: Worded) -> str:
    if len(comparisons) == 1:
        (only,) = comparisons
        if held:
            return worded("This holds: {}", _said(only, worded))
        about, figures = _about(only, worded), _figures(only, worded)
        return worded("Nothing can be said of {}: {}", about, figures)
    count = len(comparisons)
    if not held:
        return worded(
            "Of {} comparisons none holds after Holm's correction: nothing can be said of any of"
            " them",
            count,
        )
    said = _listed([_said(c, worded) for c in held], worded)
    if len(held) == 1:
        return worded("Of {} comparisons 1 holds after Holm's correction: {}", count, said)
    return worded("Of {} comparisons {} hold after Holm's correction: {}", count, len(held), said)


def _habits(comparisons: Sequence[Row], worded: Worded) -> list[str]:
    """Of each question set, the runs that give one letter in it."""
    by_set: dict[str, dict[str, Row]] = {}
    for comparison in comparisons:
        if comparison["letters"]:
            by_set.setdefault(comparison["title"], {}).update(comparison["letters"])
    found = []
    for title, letters in by_set.items():
        said = [f"{run} ({_given(habit, worded)})" for run, habit in letters.items()]
        runs = _listed(said, worded)
        if len(letters) == 1:
            found.append(worded("{} gives one letter in {}", runs, title))
        else:
            found.append(worded("{} give one letter in {}", runs, title))
    return found


def _given(habit: Row, worded: Worded) -> str:
    return worded("{} to {} of {} questions", habit["letter"], habit["count"], habit["total"])


def _said(comparison: Row, worded: Worded) -> str:
    first, second = comparison["runs"]
    higher = comparison["difference"] > 0
    values = second, first, _what(comparison, worded), _figures(comparison, worded)
    if comparison["letters"]:
        # Of a habit there is no better and worse.
        if higher:
            return worded("{} scores higher than {} in {} ({})", *values)
        return worded("{} scores lower than {} in {} ({})", *values)
    if higher == (comparison["better"] == "higher"):
        return worded("{} is better than {} in {} ({})", *values)
    return worded("{} is worse than {} in {} ({})", *values)


def _about(comparison: Row, worded: Worded) -> str:
    first, second = comparison["runs"]
    return worded("{} against {} in {}", second, first, _what(comparison, worded))


def _what(comparison: Row, worded: Worded) -> str:
    title, measure = comparison["title"], comparison["measure"]
    if measure == RIGHT:
        return str(title)
    if measure == READABLE:
        return worded("readable replies of {}", title)
    # With numbers: without them the template would be that of a count.
    return worded("{0} of {1}", worded(measure), title)


def _figures(comparison: Row, worded: Worded) -> str:
    first, second = map(_value, comparison["values"])
    return worded("{} against {}, p {}", second, first, p_value(comparison["p_holm"]))


def _value(figure: Row) -> str:
    if "count" not in figure:
        return f"{figure['value']:.3f}"
    return f"{figure['count']}/{figure['total']}"


def p_value(p: float) -> str:
    """Return a p as it is written after "p": "= 0.136", "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _listed(names: Sequence[str], worded: Worded) -> str:
    shown = list(names[:MOST_NAMED])
    more = len(names) - len(shown)
    if more == 1:
        shown.append(worded("1 other"))
    elif more:
        shown.append(worded("{} others", more))
    *all_but_last, last = shown
    return worded("{} and {}", ", ".join(all_but_last), last) if all_but_last else last
