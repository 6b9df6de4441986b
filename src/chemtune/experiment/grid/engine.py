"""Where cells run: one after another on this machine, unless another engine is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chemtune.errors import ChemtuneError, Interrupted
from chemtune.experiment.grid.cell_run import run_cell
from chemtune.experiment.grid.own_process import in_own_process
from chemtune.experiment.grid.planned import PlannedCell
from chemtune.models.load import choose_precision


@dataclass(frozen=True)
class Event:
    """What has become of a cell: it began, is done with its result, or failed and why."""

    cell: PlannedCell
    result: dict[str, Any] | None = None
    why: str = ""

    @property
    def begun(self) -> bool:
        """Whether it only began."""
        return self.result is None and not self.why


class Engine(Protocol):
    """Runs cells."""

    def choose_precision(self) -> str:
        """Measure which precision is faster where the cells run."""
        ...

    def run(self, cells: Sequence[PlannedCell]) -> Iterator[Event]:
        """Run the cells, whose data are built, and yield what becomes of each as it happens.

        Cells that share a start with one before them that does not tune run after it.

        Raises:
            Interrupted: Ctrl-C.
        """
        ...


class OneByOne:
    """Each cell in a process of its own on this machine, one after another."""

    def choose_precision(self) -> str:
        """Measure it in a process of its own."""
        return in_own_process(_precision, None)

    def run(self, cells: Sequence[PlannedCell]) -> Iterator[Event]:
        """Run the cells in their order; see `Engine`."""
        for cell in cells:
            yield Event(cell)
            try:
                yield Event(cell, in_own_process(run_cell, cell.work))
            except Interrupted:
                raise
            except ChemtuneError as error:
                yield Event(cell, why=str(error))


def _precision(_: None) -> str:
    return choose_precision()
