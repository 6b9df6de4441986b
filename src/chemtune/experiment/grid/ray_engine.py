"""Cells on a Ray cluster, each where the processors, GPUs and memory that it needs are free.

Its machines see the grid's folder and the models under the same paths, by a shared disk.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from chemtune.errors import ChemtuneError, InputError, Interrupted, Problem
from chemtune.experiment.grid.cell_run import CellWork, run_cell
from chemtune.experiment.grid.engine import Event
from chemtune.experiment.grid.planned import PlannedCell
from chemtune.models.load import choose_precision
from chemtune.progress import say
from chemtune.recipe.grid_file import Needs

# How often a cell is taken up again whose machine was lost.
RETRIES = 3
LOOK_S = 1.0
# What a step may take to end after Ctrl-C.
GRACE_S = 120.0


class RayEngine:
    """Cells as tasks of Ray; see `Engine`."""

    def __init__(self, needs: Needs) -> None:
        """Join the cluster that RAY_ADDRESS names, or one on this machine, else begin one here.

        Raises:
            InputError: Ray is not installed.
            ChemtuneError: The cluster cannot be joined.
        """
        try:
            import ray
        except ImportError:
            remedy = "pip install 'chemtune[ray]'"
            raise InputError(
                Problem("ray is not installed", field="--engine", remedy=remedy)
            ) from None
        self.ray = ray
        if not ray.is_initialized():
            try:
                ray.init(log_to_driver=True, logging_level=logging.WARNING)
            except ConnectionError as error:
                raise ChemtuneError(f"the Ray cluster cannot be joined: {error}") from None
        options: dict[str, Any] = {"num_cpus": needs.cpus, "num_gpus": needs.gpus}
        if needs.memory_gib is not None:
            options["memory"] = int(needs.memory_gib * 2**30)
        # A process a cell, so that the memory of one is not that of all before it.
        self.place = ray.remote(max_calls=1, max_retries=RETRIES, **options)

    def choose_precision(self) -> str:
        """Measure it where a cell would be placed."""
        return str(self.ray.get(self.place(choose_precision).remote()))

    def run(self, cells: Sequence[PlannedCell]) -> Iterator[Event]:
        """Place the cells, as many at once as there is room for; see `Engine`."""
        task = self.place(_told)
        waiting, placed = list(cells), dict[Any, PlannedCell]()
        try:
            while waiting or placed:
                unfinished = [*waiting, *placed.values()]
                for cell in [one for one in waiting if not _awaits(one, unfinished)]:
                    waiting.remove(cell)
                    placed[task.remote(cell.work)] = cell
                    yield Event(cell)
                ready, _ = self.ray.wait(list(placed), timeout=LOOK_S)
                for reference in ready:
                    yield self._event(placed.pop(reference), reference)
        except KeyboardInterrupt:
            self._stop(list(placed))
            raise Interrupted("interrupted") from None

    def _event(self, cell: PlannedCell, reference: Any) -> Event:
        try:
            result, why = self.ray.get(reference)
        except self.ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[0]
            return Event(cell, why=f"{type(error).__name__}: {reason}")
        return Event(cell, result, why)

    def _stop(self, references: list[Any]) -> None:
        say("Stopping the cells; each keeps its last step ...")
        for reference in references:
            self.ray.cancel(reference)
        if references:
            self.ray.wait(references, num_returns=len(references), timeout=GRACE_S)


def _told(work: CellWork) -> tuple[dict[str, Any] | None, str]:
    """Run a cell; what is wrong with it is told, and only what kills its process is raised."""
    try:
        return run_cell(work), ""
    except Interrupted:
        raise
    except ChemtuneError as error:
        return None, str(error)
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def _awaits(cell: PlannedCell, unfinished: Sequence[PlannedCell]) -> bool:
    """Whether another cell is about to answer what this one's start needs too."""
    return cell.cell.tuned and any(
        other.start == cell.start and not other.cell.tuned for other in unfinished
    )
