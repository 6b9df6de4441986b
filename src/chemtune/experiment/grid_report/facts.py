"""What stands behind a grid's scores: losses on general text, tokens by language, cost, seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow.parquet as pq

from chemtune.dataset.tally import Tally
from chemtune.errors import InputError
from chemtune.evaluation.seeds import SeedSpread, seed_spread
from chemtune.experiment.grid_report.cells import GridState
from chemtune.experiment.grid_report.outcomes import AVERAGE
from chemtune.experiment.grid_report.rows import Rows
from chemtune.experiment.measured_run import MeasuredRun
from chemtune.experiment.pairing import common_examples
from chemtune.experiment.results import Results, read_results

TOKENS = "tokens/train.parquet"


@dataclass(frozen=True)
class HeldOutLoss:
    """A cell's loss, in nats a token: (first, last), None where it was not measured.

    Attributes:
        cell: The cell's id.
        general: On general text that tuning has nothing to do with.
        validation: On the validation documents' answers.
    """

    cell: str
    general: tuple[float, float] | None
    validation: tuple[float, float] | None


def held_out_losses(rows: Rows) -> list[HeldOutLoss]:
    """Return the losses of the cells that have any."""
    found = []
    for row in rows.rows:
        for measured in row.cells:
            tuning = measured.tuning or {}
            general, validation = (
                (float(points[0][1]), float(points[-1][1])) if points else None
                for points in (tuning.get("probe_loss"), tuning.get("validation_loss"))
            )
            if general or validation:
                found.append(HeldOutLoss(measured.cell.id, general, validation))
    return found


@dataclass(frozen=True)
class Spread:
    """The seeds of a row in one column of a panel."""

    row: str
    panel: str
    column: str
    spread: SeedSpread


def seed_spreads(rows: Rows) -> Iterator[Spread]:
    """Yield the spread of every outcome of the rows with several seeds.

    Where the columns of a panel have an average, it stands for them.
    """
    for row in rows.rows:
        if len(row.cells) < 2:
            continue
        for panel, titles in rows.panels.items():
            for title in [AVERAGE] if AVERAGE in titles else titles:
                columns = [cell.panels.get(panel, {}).get(title) for cell in row.cells]
                measures = [column.measure for column in columns if column is not None]
                if len(measures) < len(columns):
                    continue
                names = [MeasuredRun(cell.cell.id, "") for cell in row.cells]
                common = common_examples(names, measures)
                spread = seed_spread(common.runs, common.clusters) if common.examples else None
                if spread is not None:
                    yield Spread(row.title, panel, title, spread)


@dataclass(frozen=True)
class DataFacts:
    """A data set that cells share.

    Attributes:
        cells: Their ids.
        tasks: By task: examples by split, and what was left out of it by reason.
    """

    cells: tuple[str, ...]
    tasks: Mapping[str, tuple[Mapping[str, int], Mapping[str, int]]]


@dataclass(frozen=True)
class Tokens:
    """What one epoch of a cell holds of a language: examples and tokens, labels among them."""

    cell: str
    language: str
    examples: int
    tokens: int
    labels: int
    share: float


def data_and_tokens(grid: GridState) -> tuple[list[DataFacts], list[Tokens]]:
    """Return the data sets of the cells that are done, each once, and the tokens of their epochs.

    Cells that cannot be read are passed over; they are told of elsewhere.
    """
    cells: dict[str, list[str]] = {}
    tasks: dict[str, Mapping[str, tuple[Mapping[str, int], Mapping[str, int]]]] = {}
    tokens: list[Tokens] = []
    for cell in grid.done:
        try:
            results = read_results(cell.run)
        except InputError:
            continue
        if results.examples is None:
            continue
        found = _tasks_of(results)
        key = repr(found)
        tasks[key] = found
        cells.setdefault(key, []).append(cell.id)
        tokens += _tokens_of(cell.id, results)
    return [DataFacts(tuple(ids), tasks[key]) for key, ids in cells.items()], tokens


def _tasks_of(results: Results) -> dict[str, tuple[Mapping[str, int], Mapping[str, int]]]:
    examples = Tally.of(results.examples or []).examples()
    rejected: dict[str, Counter[str]] = {}
    for entry in results.rejected:
        # What does not fit a model's context is the tuning's, and differs between models.
        if entry.outcome == "rejected" and entry.stage != "tokens":
            reason = f"{entry.stage}: {entry.reason}"
            rejected.setdefault(entry.task, Counter())[reason] += 1
    names = [*examples, *(task for task in rejected if task not in examples)]
    return {
        name: (examples.get(name, {}), dict(rejected.get(name, Counter()).most_common()))
        for name in names
    }


def _tokens_of(cell: str, results: Results) -> list[Tokens]:
    """The tokens of an epoch by the language of its answers, as they were kept for tuning."""
    path = results.folder.path / TOKENS
    if results.tuning is None or not path.is_file():
        return []
    languages = {example.id: example.language for example in results.examples or []}
    table = pq.read_table(path, columns=["example", "ids", "answer_start"])
    examples: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for name, ids, start in zip(*(table[c].to_pylist() for c in table.column_names), strict=True):
        language = languages.get(name, "unknown")
        examples[language] += 1
        tokens[language] += len(ids)
        labels[language] += len(ids) - start
    total = sum(tokens.values())
    return [
        Tokens(cell, of, count, tokens[of], labels[of], tokens[of] / total)
        for of, count in examples.items()
    ]
