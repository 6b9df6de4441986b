"""What the signs and numbers of a grid's tables mean."""

from __future__ import annotations

from collections.abc import Sequence

from chemtune.experiment.grid_report.tables import (
    BETTER,
    NO_BETTER_THAN_ONE_LETTER,
    WORSE,
    GridTable,
)

ORDERS = "all orders"


def legend(tables: Sequence[GridTable]) -> list[tuple[str, str]]:
    """Return each sign that can stand in these tables with its meaning, in short sentences."""
    cells = [cell for table in tables for _, of in table.rows for cell in of if cell is not None]
    bounds = "95% interval; where it has no width, all examples score alike, and it says little"
    found = [("[low, high]", bounds)]
    if any(cell.start is not None for cell in cells):
        tests = sorted({cell.start.test for cell in cells if cell.start is not None})
        said = ", ".join(tests).replace("swapped documents", "swapped questions or documents")
        how = f"p < 0.05 after Holm's correction over the table; tests: {said}"
        found += [
            (BETTER, f"better than its own untuned start, {how}"),
            (WORSE, f"worse than its own untuned start, {how}"),
        ]
    if any(cell.constant is not None for cell in cells):
        said = "not significantly above what the best single letter gets, for all questions"
        found.append((NO_BETTER_THAN_ONE_LETTER, said))
    if any(cell.permuted is not None for cell in cells):
        found.append((ORDERS, "the mean score over all cyclic orders of the options"))
    if any(len(cell.counts) > 1 for cell in cells):
        found.append(("k, k, k of n", "one count a seed; the test is on their mean, by question"))
    return found
