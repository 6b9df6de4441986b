"""One cell from its data set to its scores; runs in a process of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chemtune.errors import ChemtuneError
from chemtune.experiment.grid.sharing import (
    BEFORE,
    SCORES,
    give_start,
    give_tokens,
    link_data,
    take_start,
    take_tokens,
)
from chemtune.files import held_alone, write_json
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe

CELL = "cell.json"
# A process that was killed lets go of its folder when the system has noticed.
BUSY_S = 60.0


@dataclass(frozen=True)
class CellWork:
    """What one cell's process is told.

    Attributes:
        recipe: With the cell's folder as its run folder.
        tuned: Whether it tunes; else the model is evaluated as it is.
        identity: Of its results.
        dataset: The data set that was built for it.
        start: Where the answers before tuning are kept for all that have this start.
        tokens: Where the tokens of its examples are.
    """

    recipe: Recipe
    tuned: bool
    identity: str
    dataset: Path
    start: Path
    tokens: Path


def run_cell(work: CellWork) -> dict[str, Any]:
    """Run a cell, from where an earlier process left it.

    Returns:
        `identity`, `wall_s` (of this process), `seconds` (of "before", "tune" and "after", where
        they were run), `peak_memory_bytes`, `tokens` (of the examples that it learned), `resumed`.
        It is also written to `cell.json`, last of all: a cell that has it is done.

    Raises:
        ChemtuneError: As `tune` and `evaluate`; or another process runs this cell.
    """
    from chemtune.evaluation.evaluate import evaluate
    from chemtune.models.memory import peak_memory_bytes
    from chemtune.tuning.tune import tune

    folder = RunFolder(work.recipe.run_folder)
    started, seconds, tuned = time.monotonic(), dict[str, float](), dict[str, Any]()

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        seconds[name] = round(time.monotonic() - begun, 2)

    with _held(folder.path / ".cell.lock"):
        _begin(folder, work)
        resumed = folder.checkpoints.is_dir()
        if (not work.tuned or work.recipe.evaluation.baseline) and not take_start(
            work.start, folder
        ):
            with timed(BEFORE):
                scores = evaluate(work.recipe, only=BEFORE)
            give_start(scores[BEFORE], folder, work.start)
        if work.tuned:
            take_tokens(work.tokens, folder)
            with timed("tune"):
                tuned = tune(work.recipe)
            give_tokens(folder, work.tokens)
            with timed("after"):
                evaluate(work.recipe, only="after")
        result = {
            "identity": work.identity,
            "wall_s": round(time.monotonic() - started, 1),
            "seconds": seconds,
            "peak_memory_bytes": peak_memory_bytes(),
            "tokens": tuned.get("tokens", 0),
            "resumed": resumed,
        }
        write_json(folder.path / CELL, result)
    return result


def done_cell(folder: Path, identity: str) -> dict[str, Any] | None:
    """Return what `run_cell` returned for a cell that is done with this identity, or None."""
    scores = RunFolder(folder).evaluation / SCORES
    if not ((folder / CELL).is_file() and scores.is_file()):
        return None
    try:
        result: dict[str, Any] = json.loads((folder / CELL).read_text(encoding="utf-8"))
    except ValueError:
        return None
    return result if result.get("identity") == identity else None


def _begin(folder: RunFolder, work: CellWork) -> None:
    """Ready the folder; the scores of an earlier recipe are taken away."""
    (folder.path / CELL).unlink(missing_ok=True)
    (folder.evaluation / SCORES).unlink(missing_ok=True)
    folder.begin(work.recipe)
    link_data(work.dataset, folder.dataset)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold a cell's folder; a process that was just killed is waited for."""
    deadline = time.monotonic() + BUSY_S
    busy = f"{path.parent}: another process runs this cell; wait for it or end it"
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(held_alone(path, busy))
                break
            except ChemtuneError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
        yield
