"""What the arguments of `compare` name: a run, a side of it, scores, or a table of predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chemtune.errors import InputError, Problem, nearest
from chemtune.experiment.card import READABLE, TEXTS, Card, exams_of
from chemtune.experiment.measure import SIDES, Side
from chemtune.experiment.measured_run import Answer, AnsweredSet, MeasuredRun, ScoredMeasure
from chemtune.experiment.prediction_table import READERS, Columns, read_answers
from chemtune.experiment.report import CELLS
from chemtune.experiment.results import SCORES, read_json, read_rows
from chemtune.recipe.load import load_recipe
from chemtune.recipe.paths import told_from
from chemtune.recipe.run_folder import RunFolder

PART_COLUMNS = ["example", "document", "task", "measure", "numerator", "denominator"]
AGAIN = "evaluate it again"
REMEDY = "give a run's folder, one of `chemtune evaluate --out`, scores.json, or predictions"


def open_runs(runs: Sequence[Path | str], columns: Columns) -> list[MeasuredRun]:
    """Read what is to be compared; the first one is what the others are compared with.

    A run stands for its tuned side; alone, for both of its sides. `RUN:before` is its untuned side.
    Of a table of predictions, `FILE:COLUMN` names the column with the answers. `GRID:ROW` is a row
    of a grid, the mean of its seeds.

    Raises:
        InputError: With the faults of all of them.
    """
    found: list[MeasuredRun] = []
    problems: list[Problem] = []
    for run in runs:
        try:
            found += _open(str(run), columns, alone=len(runs) == 1)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    if len(found) < 2:
        message = "there is nothing to compare it with: it has one side"
        raise InputError(Problem(message, found[0].path, remedy="name a second run"))
    return _named_apart(found)


def open_side(run: Path, side: Side) -> MeasuredRun:
    """Read one side of a run.

    Raises:
        InputError: The run has no scores of it, or they are damaged.
    """
    file = _scores_file(run)
    card = (read_json(file) or {}).get(side)
    if not isinstance(card, dict):
        raise InputError(Problem(f"has no side {side!r}", file, remedy=AGAIN))
    return _of_side(card, side, file)


def _open(run: str, columns: Columns, *, alone: bool) -> list[MeasuredRun]:
    path, which = Path(run), ""
    if not path.exists() and ":" in run:
        head, _, which = run.rpartition(":")
        path = Path(head)
    if not path.exists():
        raise InputError(Problem("no such file or folder", path, remedy=REMEDY))
    if (path / CELLS).is_file():
        # It reads its cells by this module.
        from chemtune.experiment.grid_report.row_run import open_row

        return [open_row(path, which)]
    if path.suffix.lower() in READERS and path.is_file():
        answers = read_answers(path, replace(columns, answer=which or columns.answer))
        correct = sum(answer.correct for answer in answers.values())
        exam = AnsweredSet(correct, len(answers), answers)
        return [MeasuredRun(which or path.stem, str(path), exams={path.stem: exam})]
    file = _scores_file(path)
    scores = read_json(file) or {}
    sides: dict[str, Card] = {s: scores[s] for s in SIDES if isinstance(scores.get(s), dict)}
    if not sides:
        if which:
            message = f"has no side {which!r}: it is of one model"
            raise InputError(Problem(message, file))
        return [_of_card(scores, file)]
    chosen = [which] if which else list(sides) if alone else ["after"]
    for side in chosen:
        if side not in sides:
            remedy = nearest(side, list(sides))
            raise InputError(Problem(f"has no side {side!r}", file, remedy=remedy))
    return [_of_side(sides[side], side, file) for side in chosen]


def _scores_file(path: Path) -> Path:
    if path.is_file():
        if path.suffix.lower() != ".json":
            remedy = "known: .json, " + ", ".join(READERS)
            raise InputError(Problem(f"is of unknown suffix {path.suffix!r}", path, remedy=remedy))
        return path
    for file in (RunFolder(path).evaluation / SCORES, path / SCORES):
        if file.is_file():
            return file
    remedy = "run `chemtune evaluate` on it first" if RunFolder(path).recipe.is_file() else REMEDY
    raise InputError(Problem("holds no scores", path, remedy=remedy))


def _of_card(card: Card, file: Path) -> MeasuredRun:
    """Of the scorecards that `evaluate --model` writes, or of one of them alone."""
    if isinstance(card.get("questions"), dict):
        exams = {
            name: _exam(of, file.parent / str(of.get("name", name)))
            for name, of in exams_of(card["questions"]).items()
        }
        return MeasuredRun(file.parent.name, str(file), exams=exams)
    if not _is_count(card.get("correct")) or not _is_count(card.get("total")):
        message = "holds no scores: neither the sides of a run nor `correct` and `total`"
        raise InputError(Problem(message, file, remedy=REMEDY))
    exam = str(card.get("name") or file.parent.name)
    # A folder that is called as its questions, as it is by default, stands in its model's.
    folders = [folder.name for folder in file.resolve().parents if folder.name != exam]
    name = folders[0] if file.name == SCORES else file.stem
    return MeasuredRun(name, str(file), exams={exam: _exam(card, file.parent)})


def _is_count(value: object) -> bool:
    return isinstance(value, int) and value >= 0


def _of_side(card: Card, side: str, file: Path) -> MeasuredRun:
    texts = {TEXTS: card[TEXTS]} if card.get(TEXTS) else {}
    parts = {"questions": card.get("questions") or {}, "tasks": card.get("tasks") or {}}
    for part, cards in {**parts, TEXTS: texts}.items():
        if not isinstance(cards, dict) or not all(isinstance(c, dict) for c in cards.values()):
            raise InputError(Problem("holds no cards by name", file, field=part, remedy=AGAIN))
    folder = file.parent / side
    run = file.parent.parent
    recipe, seed = _recipe(RunFolder(run))
    exams = {name: _exam(of, folder) for name, of in exams_of(card.get("questions")).items()}
    tasks: dict[tuple[str, str], ScoredMeasure] = {}
    gaps = []
    for task, of in {**parts["tasks"], **texts}.items():
        found = _measures(task, of, folder)
        if found is None:
            gaps.append(f"{of.get('title', task)}: no parts of its examples; evaluate it again")
        tasks.update({(task, measure): scored for measure, scored in (found or {}).items()})
    return MeasuredRun(
        run.resolve().name, str(run), side, exams, tasks, recipe, seed, gaps=tuple(gaps)
    )


def _recipe(folder: RunFolder) -> tuple[dict[str, Any] | None, int | None]:
    if not folder.recipe.is_file():
        return None, None
    recipe = load_recipe(folder.recipe)
    # Named from one place, since runs at different depths name one file differently.
    settings = told_from(recipe, Path("/"))
    # The journal only says where replies are kept.
    for name in ("name", "run", "seed", "journal"):
        settings.pop(name)
    settings["tuning"].pop("seed")
    return settings, recipe.tuning_seed


def _exam(card: Card, folder: Path) -> AnsweredSet:
    """A question set with its answers, looked for in this folder: a run can have been moved."""
    for name in ("correct", "total"):
        if not _is_count(card.get(name)):
            raise InputError(Problem(f"a question set has no {name!r}", folder, remedy=AGAIN))
    path = (folder / Path(card.get("predictions") or "-").name).with_suffix(".jsonl")
    rows = read_rows(path)
    if any(not {"key", "chosen", "correct"} <= row.keys() for row in rows.values()):
        message = "a row lacks `key`, `chosen` or `correct`"
        raise InputError(Problem(message, path, remedy=AGAIN))
    answers = {
        name: Answer(row["key"], row["chosen"], bool(row["correct"]), row.get("content", ""))
        for name, row in rows.items()
    }
    # A file of another length is still being written, or is not this card's.
    whole = answers if len(answers) == card["total"] else None
    return AnsweredSet(card["correct"], card["total"], whole)


def _measures(task: str, card: Card, folder: Path) -> dict[str, ScoredMeasure] | None:
    """The measures of a task; None where the parts of its examples are not there."""
    path = folder / Path(card.get("parts") or "-").name
    if not path.is_file():
        return None
    try:
        rows = pq.read_table(path, columns=PART_COLUMNS, filters=[("task", "==", task)])
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(Problem(f"is damaged: {reason}", path, remedy=AGAIN)) from None
    parts: dict[str, dict[str, tuple[str, float, float]]] = {}
    documents: dict[str, str] = {}
    for row in rows.to_pylist():
        documents[row["example"]] = row["document"]
        part = (row["document"], row["numerator"], row["denominator"])
        parts.setdefault(row["measure"], {})[row["example"]] = part
    # An example without a part of a measure was asked all the same, and says nothing of it.
    nothing = {example: (document, 0.0, 0.0) for example, document in documents.items()}
    measures: Mapping[str, Card] = card.get("measures") or {}
    readable = {"better": "higher", "main": True, "yes_or_no": True}
    described = {READABLE: readable, **measures}
    return {
        name: ScoredMeasure(
            title=str(card.get("title") or task),
            better=str(of.get("better") or "higher"),
            main=bool(of.get("main")),
            parts=nothing | parts[name],
            yes_or_no=bool(of.get("yes_or_no")),
        )
        for name, of in described.items()
        if name in parts
    }


def _named_apart(runs: list[MeasuredRun]) -> list[MeasuredRun]:
    """Give names that differ: with the side, else with the path, else with a number."""
    ways: tuple[Callable[[MeasuredRun, int], str], ...] = (
        lambda run, _: (
            f"{run.name}:{run.side}" if run.side else f"{Path(run.path).stem}:{run.name}"
        ),
        lambda run, _: f"{run.path}:{run.side}" if run.side else run.path,
        lambda run, number: f"{run.name} ({number})",
    )
    for longer in ways:
        names = [run.name for run in runs]
        if len({run.path for run in runs}) == 1 and all(run.side for run in runs):
            return [replace(run, name=run.side) for run in runs]
        if len(set(names)) == len(names):
            break
        runs = [
            replace(run, name=longer(run, number)) if names.count(run.name) > 1 else run
            for number, run in enumerate(runs, 1)
        ]
    return runs
