"""The comparison on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chemtune.experiment.claim import p_value
from chemtune.experiment.comparison import Comparison
from chemtune.experiment.exam_comparison import Paired
from chemtune.experiment.measure import SIDES, Figure
from chemtune.wording.translate import translated, worded

if TYPE_CHECKING:
    from rich.console import Console


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print a comparison: a row a measure, a column a side, and below them the notes.

    Args:
        console: Where to; its width decides how the rows wrap.
        comparison: What `compare` returned.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if not comparison.rows:
        console.print(worded("Not evaluated yet."))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(worded("measure"), overflow="fold")
    for side in comparison.sides:
        table.add_column(worded(side), no_wrap=True)
    wanted = [side in comparison.sides for side in SIDES]
    # Names come from the user's files: as Text, square brackets in them are no markup.
    before = None
    for title, measure in comparison.rows:
        if title != before:
            table.add_row(Text(title, style="bold"))
            before = title
        cells = [_cell(f) for f, shown in zip(measure.sides, wanted, strict=True) if shown]
        table.add_row(Text(f"  {translated(measure.name)}"), *map(Text, cells))
    console.print(table)
    for exam in comparison.exams:
        lines = [_mcnemar(exam.paired)] if exam.paired else []
        for line in (*lines, *map(translated, exam.notes)):
            console.print(Text(f"{exam.name}: {line}"), soft_wrap=True)
    console.print(Text(worded("[low, high] is the 95% interval.")))


def _mcnemar(paired: Paired) -> str:
    counts = paired.gained, paired.lost, paired.pairs
    return worded("McNemar p {} ({} gained, {} lost, of {})", p_value(paired.p), *counts)


def _cell(figure: Figure | None) -> str:
    return "-" if figure is None else str(figure)
