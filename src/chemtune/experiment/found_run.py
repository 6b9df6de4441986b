"""A run in one row: what its summaries say, also where some of them are damaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from chemtune.documents.document import SPLITS
from chemtune.errors import InputError
from chemtune.experiment.card import TEXTS, exams_of, names
from chemtune.experiment.grid_report.cells import CellState
from chemtune.experiment.measure import SIDES, Figure, Measure, share
from chemtune.experiment.results import SCORES, SUMMARY, read_json
from chemtune.experiment.run_state import RunState, run_state
from chemtune.experiment.training_curve import read_curve
from chemtune.recipe.run_folder import RunFolder

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Read = TypeVar("Read")

# What reading files that something else wrote, or half of them, can raise.
DAMAGE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
    pa.ArrowException,
    yaml.YAMLError,
)


@dataclass(frozen=True)
class Data:
    """A data set: its examples by task, and what the replies behind them cost, if that is known."""

    by_task: Mapping[str, int]
    cost_usd: float | None


@dataclass(frozen=True)
class FoundRun:
    """A run as a table shows it; None where a step is not done or its file is damaged.

    Attributes:
        path: Its folder.
        name: Its place below the folder that was searched.
        state: How far it is.
        faults: What could not be read, each with its file.
        model: As its recipe names it; "" where there is no recipe.
        mixture: The recipe's, as far as it is short; "" where every example comes once.
        data: Its data set.
        questions: Of each question set, the share of right answers.
        texts: Of each set of running texts, the bits per byte.
        label_tokens: That it was tuned on.
        wall_s: How long the tuning took, in seconds.
        date: Of its newest result.
        has_report: Whether there is a `report.html`.
    """

    path: Path
    name: str
    state: RunState
    faults: tuple[str, ...]
    model: str
    mixture: str
    data: Data | None
    questions: tuple[Measure, ...]
    texts: tuple[Measure, ...]
    label_tokens: int | None
    wall_s: float | None
    date: datetime
    has_report: bool


def signature(run: Path) -> tuple[tuple[int, int] | None, ...]:
    """Return what changes whenever one of the files that `found_run` reads does."""
    return tuple(_stamp(path) for path in _files(RunFolder(run)))


def found_run(run: Path, name: str, cell: CellState | None = None) -> FoundRun:
    """Read a run's summaries; nothing in the folder makes it fail.

    Args:
        run: The run's folder.
        name: What the run is called.
        cell: What its grid says of it, where it is a cell.
    """
    folder, faults = RunFolder(run), list[str]()

    def attempt(read: Callable[[Path], Read], path: Path) -> Read | None:
        try:
            return read(path)
        except InputError as error:
            faults.extend(str(problem).removeprefix(f"{run}/") for problem in error.problems)
        except OSError as error:
            faults.append(f"{path.relative_to(run)}: {error.strerror or error}")
        except DAMAGE as error:
            # The error's own text may be of many lines, or a bare key.
            said = " ".join([type(error).__name__, *str(error).splitlines()[:1]])
            faults.append(f"{path.relative_to(run)}: is not as chemtune writes it ({said})")
        return None

    recipe = attempt(_recipe, folder.recipe) or {}
    tuning = attempt(_tuning, folder.adapter / SUMMARY) or (None, None)
    measured = attempt(_measures, folder.evaluation / SCORES) or ((), ())
    data = attempt(_data, folder.dataset)
    return FoundRun(
        path=run,
        name=name,
        state=run_state(folder, read_curve(folder), cell),
        faults=tuple(faults),
        model=model if isinstance(model := recipe.get("model"), str) else "",
        mixture=_mixture(recipe),
        data=data,
        questions=measured[0],
        texts=measured[1],
        label_tokens=tuning[0],
        wall_s=tuning[1],
        date=_date(folder),
        has_report=folder.report.is_file(),
    )


def _files(folder: RunFolder) -> list[Path]:
    return [
        folder.recipe,
        folder.tuning_log,
        folder.adapter / SUMMARY,
        folder.evaluation / SCORES,
        folder.report,
        folder.checkpoints,
        *(folder.dataset / f"{split}.parquet" for split in SPLITS),
    ]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _date(folder: RunFolder) -> datetime:
    # The report can be made at any time, and says nothing new.
    dated = [stamp for p in _files(folder) if p != folder.report and (stamp := _stamp(p))]
    newest = max((stamp[0] for stamp in dated), default=folder.path.stat().st_mtime_ns)
    return datetime.fromtimestamp(newest / 1e9, UTC)


def _recipe(path: Path) -> dict[str, Any]:
    """The recipe as it stands: to check it takes 25 times as long, and a row needs no defaults."""
    if not path.is_file():
        raise InputError(f"{path}: is missing")
    recipe = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    if not isinstance(recipe, dict):
        raise TypeError("no recipe")
    return recipe


def _mixture(recipe: Mapping[str, Any]) -> str:
    tuning = recipe.get("tuning")
    mixture = tuning.get("mixture") if isinstance(tuning, dict) else None
    if not isinstance(mixture, dict):
        return ""
    for way in ("preset", "temperature", "count", "share", "times"):
        given = mixture.get(way)
        if isinstance(given, dict):
            of_tasks = [f"{t} {n:g}" for t, n in given.items() if isinstance(n, int | float)]
            return f"{way}: {', '.join(of_tasks)}"
        if isinstance(given, str | int | float):
            return f"{way}: {given}"
    return ""


def _data(folder: Path) -> Data | None:
    paths = [folder / f"{split}.parquet" for split in SPLITS]
    if not all(path.is_file() for path in paths):
        return None
    by_task: Counter[str] = Counter()
    costs: list[float] = []
    for path in paths:
        with pq.ParquetFile(path) as file:
            has = file.schema_arrow.names
            table = file.read(columns=[n for n in ("task", "cost_usd") if n in has])
        by_task.update(table["task"].to_pylist())
        if "cost_usd" in has:
            costs += [cost for cost in table["cost_usd"].to_pylist() if cost is not None]
    return Data(by_task, sum(costs) if costs else None)


def _tuning(path: Path) -> tuple[int | None, float | None]:
    summary = read_json(path)
    return (int(summary["label_tokens"]), float(summary["wall_s"])) if summary else (None, None)


def _measures(path: Path) -> tuple[tuple[Measure, ...], tuple[Measure, ...]]:
    """The question sets, and the texts."""
    scores = read_json(path) or {}
    cards = [scores.get(side) or {} for side in SIDES]
    exams = [exams_of(card.get("questions")) for card in cards]
    texts = [(card.get(TEXTS) or {}).get("measures") or {} for card in cards]
    return (
        tuple(
            Measure(name, *(_right(of[name]) if name in of else None for of in exams))
            for name in names(exams)
        ),
        tuple(
            Measure(
                name, *(_bits(of[name]) if name in of else None for of in texts), is_share=False
            )
            for name in names(texts)
        ),
    )


def _right(card: Mapping[str, Any]) -> Figure:
    low, high = map(float, card["interval95"])
    return share(int(card["correct"]), int(card["total"]), (low, high))


def _bits(card: Mapping[str, Any]) -> Figure:
    low, high = map(float, card["interval95"])
    return Figure(float(card["value"]), (low, high))
