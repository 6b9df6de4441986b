"""What `compare` returns, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chemtune.experiment.claim import claim, habits, p_value
from chemtune.wording.translate import translated, worded

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTHS = (16, 13, 13, 14, 6, 6, 6)  # 80 columns with a space between
LEGEND = (
    "[low, high]: 95% interval. p: of the exact McNemar test where answers are right or wrong, else"
    " by swapping whole documents between the runs. Holm: p adjusted to the family of {}."
    " needs: the smallest difference with p < 0.05, and below it the smallest true one that is"
    " found so in 80%; with too few different answers there is none (-)."
)
SEEDS_LEGEND = (
    "over seeds: 95% interval of the mean, by t, for other seeds and the same questions. between"
    " seeds: standard deviation. questions: standard error of the mean for other questions or"
    " documents and the same seeds."
)


def print_runs(console: Console, result: dict[str, Any]) -> None:
    """Print the comparisons, the spread over seeds, the notes, and the claim at the end.

    Args:
        console: Where to; its width decides how the rows wrap.
        result: What `compare` returned.
    """
    from rich.text import Text

    comparisons = result["comparisons"]
    others = list(dict.fromkeys(c["runs"][1] for c in comparisons))
    names = [comparisons[0]["runs"][0], others[0] if len(others) == 1 else worded("others")]
    heads = worded("measure"), *names, worded("difference"), "p", "Holm", worded("needs")
    # Names come from the user's files: as Text, square brackets in them are no markup.
    console.print(_table(heads, []))
    for title in dict.fromkeys(c["title"] for c in comparisons):
        unsorted = [c for c in comparisons if c["title"] == title]
        measures = list(dict.fromkeys(c["measure"] for c in unsorted))
        of_title = sorted(unsorted, key=lambda c: measures.index(c["measure"]))
        console.print(Text(title, style="bold"), soft_wrap=True)
        console.print(_table([], [_cells(c, named=len(others) > 1) for c in of_title]))
        for line in dict.fromkeys(line for c in of_title for line in _remarks(c)):
            console.print(Text(f"  {line}"), soft_wrap=True)
        console.print()
    console.print(Text(worded(LEGEND, len(comparisons))), soft_wrap=True)
    _print_seeds(console, result["seeds"])
    for line in (*map(translated, result["notes"]), "", claim(comparisons, worded)):
        console.print(Text(line), soft_wrap=True)


def _table(headings: Sequence[str], rows: Sequence[list[str]]) -> Table:
    """A table of fixed widths, so that those of all titles stand below the same headings."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD if headings else None,
        show_header=bool(headings),
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for heading, width in zip(headings or [""] * len(WIDTHS), WIDTHS, strict=True):
        table.add_column(Text(heading), width=width, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _cells(comparison: dict[str, Any], *, named: bool) -> list[str]:
    """The cells of a row; with the name of the second run where there are several."""
    first, second = map(_value, comparison["values"])
    low, high = comparison["interval95"]
    needed = comparison["detectable"]
    return [
        worded(comparison["measure"]),
        first,
        f"{comparison['runs'][1]}\n{second}" if named else second,
        f"{comparison['difference']:+.3f}\n[{low:+.2f}, {high:+.2f}]",
        _p(comparison["p"]),
        _p(comparison["p_holm"]),
        "\n".join("-" if v is None else f"{v:.3f}" for v in (needed["seen"], needed["likely"])),
    ]


def _value(value: dict[str, Any]) -> str:
    low, high = value["interval95"]
    number = f"{value['count']}/{value['total']}" if "count" in value else f"{value['value']:.3f}"
    return f"{number}\n[{low:.2f}, {high:.2f}]"


def _p(p: float) -> str:
    return p_value(p).removeprefix("= ").replace(" ", "")


def _remarks(comparison: dict[str, Any]) -> list[str]:
    first, second = comparison["runs"]
    lines = habits(comparison, worded)
    if comparison["gained"] or comparison["lost"]:
        measure, gained, lost = (comparison[name] for name in ("measure", "gained", "lost"))
        lines.append(
            worded(
                "{}: {} alone {}, {} alone {}, of {}",
                *(worded(measure), second, gained, first, lost, comparison["examples"]),
            )
        )
    return [*lines, *map(translated, comparison["notes"])]


def _print_seeds(console: Console, seeds: list[dict[str, Any]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    for runs in dict.fromkeys(tuple(s["runs"]) for s in seeds):
        of_runs = [s for s in seeds if tuple(s["runs"]) == runs]
        numbers = ", ".join(map(str, of_runs[0]["seeds"]))
        console.print(
            Text(worded("Alike but for the seed ({}): {}", numbers, ", ".join(runs)), style="bold"),
            soft_wrap=True,
        )
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for heading in ("measure", "mean", "over seeds", "between seeds", "questions"):
            table.add_column(worded(heading), overflow="fold")
        for found in of_runs:
            cells = (
                f"{found['title']}: {worded(found['measure'])}",
                f"{found['mean']:.3f}",
                "[{:.3f}, {:.3f}]".format(*found["interval95"]),
                f"{found['deviation']:.3f}",
                f"{found['question_error']:.3f}",
            )
            table.add_row(*map(Text, cells))
        console.print(table)
        console.print(Text(worded(SEEDS_LEGEND)), soft_wrap=True)
