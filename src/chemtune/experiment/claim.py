"""What may be claimed of a family of comparisons, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from chemtune.experiment.card import READABLE
from chemtune.experiment.measure import Figure
from chemtune.experiment.run_comparison import RIGHT, RunComparison

MOST_NAMED = 4


def claim(comparisons: Sequence[RunComparison]) -> str:
    """Return the sentence: what holds, of what nothing can be said, and which scores are no score.

    Args:
        comparisons: One at least, with their adjusted p.
    """
    held = [c for c in comparisons if c.holds]
    parts = [_opening(comparisons, held)]
    open_ones = [c for c in comparisons if not c.holds]
    if held and open_ones:
        one_pair = len({c.runs for c in comparisons}) == 1
        about = [_what(c) if one_pair else _about(c) for c in open_ones]
        parts.append(f"nothing can be said of {_listed(about)}")
    habits = _habits(comparisons)
    if habits:
        parts.append(f"{_listed(habits)}, which is no knowledge")
    return "; ".join(parts) + "."


def _opening(comparisons: Sequence[RunComparison], held: Sequence[RunComparison]) -> str:
    if len(comparisons) == 1:
        (only,) = comparisons
        if held:
            return f"This holds: {_said(only)}"
        return f"Nothing can be said of {_about(only)}: {_figures(only)}"
    if not held:
        none = f"Of {len(comparisons)} comparisons none holds after Holm's correction"
        return f"{none}: nothing can be said of any of them"
    verb = "holds" if len(held) == 1 else "hold"
    said = _listed([_said(c) for c in held])
    return f"Of {len(comparisons)} comparisons {len(held)} {verb} after Holm's correction: {said}"


def _habits(comparisons: Sequence[RunComparison]) -> list[str]:
    """Of each question set, the runs that give one letter in it."""
    by_set: dict[str, dict[str, str]] = {}
    for comparison in comparisons:
        if comparison.letters:
            by_set.setdefault(comparison.title, {}).update(comparison.letters)
    habits = []
    for title, letters in by_set.items():
        runs = _listed([f"{run} ({habit})" for run, habit in letters.items()])
        verb = "gives" if len(letters) == 1 else "give"
        habits.append(f"{runs} {verb} one letter in {title}")
    return habits


def _said(comparison: RunComparison) -> str:
    first, second = comparison.runs
    higher = comparison.difference > 0
    if comparison.letters:
        # Of a habit there is no better and worse.
        way = "scores higher than" if higher else "scores lower than"
    else:
        way = "is better than" if higher == (comparison.better == "higher") else "is worse than"
    return f"{second} {way} {first} in {_what(comparison)} ({_figures(comparison)})"


def _about(comparison: RunComparison) -> str:
    first, second = comparison.runs
    return f"{second} against {first} in {_what(comparison)}"


def _what(comparison: RunComparison) -> str:
    if comparison.measure == RIGHT:
        return comparison.title
    if comparison.measure == READABLE:
        return f"readable replies of {comparison.title}"
    return f"{comparison.measure} of {comparison.title}"


def _figures(comparison: RunComparison) -> str:
    first, second = map(_value, comparison.values)
    return f"{second} against {first}, p {p_value(comparison.p_holm)}"


def _value(figure: Figure) -> str:
    if figure.count is None:
        return f"{figure.value:.3f}"
    return f"{figure.count} of {figure.total}"


def p_value(p: float) -> str:
    """Return a p as it is written after "p": "= 0.136", "< 0.001"."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:MOST_NAMED])
    more = len(names) - len(shown)
    if more:
        shown.append(f"{more} other{'s' if more > 1 else ''}")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
