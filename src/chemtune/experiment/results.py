"""What a run's folder holds, read without changing anything in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chemtune.dataset.example import Example, read_examples
from chemtune.dataset.ledger import SCHEMA, Entry
from chemtune.documents.document import SPLITS
from chemtune.errors import InputError, Problem
from chemtune.experiment.card import exams_of
from chemtune.experiment.measure import SIDES
from chemtune.recipe.find_run import folder_of
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe

Rows = dict[str, dict[str, Any]]

# As `tune` and `evaluate` name them; importing those would load torch, for 1.5 s.
SUMMARY = "tuning.json"
SCORES = "scores.json"


@dataclass(frozen=True)
class Results:
    """What a run has so far; None for a step that is not done.

    Attributes:
        folder: The run's folder.
        recipe: The recipe as resolved.
        recipe_text: The same as it stands in the file.
        versions: Of Python and the libraries.
        examples: The examples of all splits.
        rejected: The ledger of building and of tokenizing.
        tuning: What `tune` returned.
        scores: What `evaluate` returned.
        base_model: What the adapter names as its base model.
        date: Of the newest result, in UTC.
    """

    folder: RunFolder
    recipe: Recipe
    recipe_text: str
    versions: dict[str, str]
    examples: list[Example] | None
    rejected: list[Entry]
    tuning: dict[str, Any] | None
    scores: dict[str, Any] | None
    base_model: str | None
    date: datetime

    def question_predictions(self) -> dict[str, dict[str, list[dict[str, Any]]]]:
        """Return the rows of each prediction file, by side and set as `exams_of` names it."""
        found: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for side in SIDES:
            sets = exams_of((self.scores or {}).get(side, {}).get("questions"))
            rows = {name: self._predictions(side, card) for name, card in sets.items()}
            found[side] = {name: list(r.values()) for name, r in rows.items() if r}
        return found

    def replies(self, side: str) -> Rows:
        """Return the rows of the held-out answers of one side, by example id."""
        rows: Rows = {}
        for card in (self.scores or {}).get(side, {}).get("tasks", {}).values():
            rows.update(self._predictions(side, card))
        return rows

    def parts(self, side: str) -> dict[str, dict[str, float]]:
        """Return what each held-out answer of one side scored, by example id and main measure."""
        cards = (self.scores or {}).get(side, {}).get("tasks", {})
        main = {
            (task, name)
            for task, card in cards.items()
            for name, measure in card["measures"].items()
            if measure["main"]
        }
        found: dict[str, dict[str, float]] = {}
        for name in {Path(card.get("parts", "-")).name for card in cards.values()}:
            path = self.folder.evaluation / side / name
            for row in pq.read_table(path).to_pylist() if path.is_file() else []:
                if (row["task"], row["measure"]) in main and row["denominator"]:
                    of_example = found.setdefault(row["example"], {})
                    of_example[row["measure"]] = row["numerator"] / row["denominator"]
        return found

    def _predictions(self, side: str, card: Mapping[str, Any]) -> Rows:
        """The rows of a card's file, looked for in this folder: a run can have been moved."""
        return read_rows(self.folder.evaluation / side / Path(card.get("predictions", "-")).name)


def read_results(run: Path | str) -> Results:
    """Read a run, named by its folder or its recipe.

    Raises:
        InputError: It is no run, or a file in its folder is damaged.
    """
    folder = RunFolder(folder_of(run))
    if not (folder.recipe.is_file() and folder.versions.is_file()):
        missing = "recipe.yaml" if not folder.recipe.is_file() else "versions.json"
        message = f"is not a run's folder: it has no {missing}"
        remedy = "give the folder that `chemtune run` made, such as runs/demo"
        raise InputError(Problem(message, folder.path, remedy=remedy))
    summary, scores = folder.adapter / SUMMARY, folder.evaluation / SCORES
    splits = [folder.dataset / f"{split}.parquet" for split in SPLITS]
    built = all(path.is_file() for path in splits)
    dated = [path for path in (folder.recipe, *splits, summary, scores) if path.is_file()]
    adapter = read_json(folder.adapter / "adapter_config.json") or {}
    return Results(
        folder=folder,
        recipe=load_recipe(folder.recipe),
        recipe_text=folder.recipe.read_text(encoding="utf-8"),
        versions=read_json(folder.versions) or {},
        examples=[e for path in splits for e in read_examples(path)] if built else None,
        rejected=[
            entry
            for name in ("rejected", "too_long")
            for entry in read_ledger(folder.dataset / f"{name}.parquet")
        ],
        tuning=read_json(summary),
        scores=read_json(scores),
        base_model=adapter.get("base_model_name_or_path"),
        date=datetime.fromtimestamp(max(path.stat().st_mtime for path in dated), UTC),
    )


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file, or None where there is no file.

    Raises:
        InputError: The file holds something else.
    """
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            Problem(f"is damaged: {error}", path, remedy="run the step again")
        ) from None
    if not isinstance(found, dict):
        raise InputError(Problem("holds no JSON object", path, remedy="run the step again"))
    return found


def read_ledger(path: Path) -> list[Entry]:
    """Return the entries of a ledger's file; none where there is no file.

    Raises:
        InputError: The file is not one that `Ledger.write` wrote.
    """
    if not path.is_file():
        return []
    try:
        return [Entry(**row) for row in pq.read_table(path, schema=SCHEMA).to_pylist()]
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise InputError(Problem(f"is no ledger: {reason}", path)) from None


def read_rows(path: Path) -> Rows:
    """Return the whole lines of a prediction file by id; none where there is no file.

    Other than `PredictionFile`, it leaves a file that an evaluation is writing as it is.
    """
    if not path.is_file():
        return {}
    whole, _, _ = path.read_text(encoding="utf-8").rpartition("\n")
    rows = [json.loads(line) for line in whole.split("\n") if line]
    return {row["id"]: row for row in rows}
