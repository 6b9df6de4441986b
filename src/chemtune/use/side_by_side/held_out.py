"""The held-out documents of a run: found by name, and read one at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from chemtune.checks.finding import Finding
from chemtune.checks.policy import Rule
from chemtune.dataset.example import Example
from chemtune.dataset.job import Job
from chemtune.dataset.plan import tasks_of
from chemtune.dataset.prepared import Prepared
from chemtune.errors import InputError, Problem
from chemtune.messages import Message
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe
from chemtune.tasks.task import Answer, Task
from chemtune.tasks.wording import draw_wording

SPLITS = ("test", "validation")
LISTED = ["id", "name", "title", "split", "tasks"]


@dataclass(frozen=True)
class Place:
    """Where a held-out document stands.

    Attributes:
        id: The document's id.
        name: Its name.
        title: Its title, or "".
        split: "test" or "validation".
        row: The number of its row in the file of documents.
    """

    id: str
    name: str
    title: str
    split: str
    row: int


@dataclass(frozen=True)
class Case:
    """A held-out document with one of its tasks.

    Attributes:
        job: The document, the task and the wording.
        example: The example of the data set, or None where no answer was accepted.
    """

    job: Job
    example: Example | None

    @property
    def messages(self) -> list[Message]:
        """The prompt of the student models, as the evaluation writes it."""
        if self.example is not None:
            return self.example.messages
        return self.job.task.write(self.job.document, self.job.wording)

    @cached_property
    def reference(self) -> Answer | None:
        """The reference answer, where there is one."""
        return None if self.example is None else self.job.task.read(self.example.answer)


@dataclass
class HeldOut:
    """The held-out documents of a run; made by `HeldOut.open`.

    Attributes:
        recipe: The run's recipe.
        folder: The run's folder.
        tasks: The domain's tasks, by name.
        places: By task, its held-out documents: those of the test split first, in their order.
    """

    recipe: Recipe
    folder: RunFolder
    tasks: dict[str, Task]
    places: dict[str, list[Place]]
    _examples: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def open(cls, run: Path) -> HeldOut:
        """Look up which documents a run holds out; their texts stay in the file.

        Raises:
            InputError: It is no run, or has no data set.
        """
        recipe = load_recipe(run)
        folder = RunFolder(recipe.run_folder)
        if not folder.prepared.is_file():
            remedy = "run `chemtune build` first"
            raise InputError(Problem("the run has no data set", folder.path, remedy=remedy))
        tasks = tasks_of(recipe)
        found = cls(recipe, folder, tasks, _places(folder.prepared, tasks))
        for split in SPLITS:
            for row, key in enumerate(_keys(_file(folder, split))):
                found._examples[key] = split, row
        return found

    @property
    def rules(self) -> dict[str, Rule]:
        """What the recipe does about the findings of each check."""
        rules = self.recipe.checks.items()
        return {str(check): Rule(rule.severity, rule.action) for check, rule in rules}

    def search(self, task: str, text: str, most: int) -> list[Place]:
        """Return the first documents of a task with `text` in their name or title, in any case."""
        wanted, found = text.casefold(), list[Place]()
        for place in self.places.get(task, ()):
            if wanted in f"{place.name} {place.title}".casefold():
                found.append(place)
                if len(found) == most:
                    break
        return found

    def beside(self, task: str, document_id: str | None, step: int) -> Place | None:
        """Return the document so many after another one, round the list; the first by default."""
        places = self.places.get(task, [])
        if not places:
            return None
        at = [n for n, place in enumerate(places) if place.id == document_id]
        return places[(at[0] + step) % len(places)] if at else places[0]

    def place(self, task: str, document_id: str) -> Place | None:
        """Return where a document of a task stands, or None where it is not held out."""
        return next((p for p in self.places.get(task, ()) if p.id == document_id), None)

    def case(self, task: str, place: Place) -> Case:
        """Read a document and its example.

        Raises:
            InputError: The data set was made again since it was opened.
        """
        one = Prepared.of(_row(self.folder.prepared, place.row))
        if one.document.id != place.id:
            raise _changed(self.folder.prepared)
        wording = draw_wording(self.tasks[task], one.document.id, self.recipe.seed)
        example = self._example(one.document.id, task)
        if example is not None:
            wording = example.wording
        return Case(Job(one.document, self.tasks[task], wording, one.part), example)

    def _example(self, document_id: str, task: str) -> Example | None:
        where = self._examples.get((document_id, task))
        if where is None:
            return None
        split, number = where
        row = _row(_file(self.folder, split), number)
        return Example(**{**row, "findings": [Finding(**of) for of in row["findings"]]})


def _places(path: Path, tasks: dict[str, Task]) -> dict[str, list[Place]]:
    places: dict[str, list[Place]] = {}
    rows = pq.read_table(path, columns=LISTED).to_pylist()
    for split in SPLITS:
        for number, row in enumerate(rows):
            if row["split"] == split:
                place = Place(row["id"], row["name"], row["title"], split, number)
                for task in row["tasks"]:
                    places.setdefault(task, []).append(place)
    # In the order of the domain, whichever document comes first.
    return {name: places[name] for name in tasks if name in places}


def _file(folder: RunFolder, split: str) -> Path:
    return folder.dataset / f"{split}.parquet"


def _keys(path: Path) -> list[tuple[str, str]]:
    """The document and the task of every example."""
    if not path.is_file():
        return []
    columns = pq.read_table(path, columns=["document_id", "task"]).to_pydict()
    return list(zip(columns["document_id"], columns["task"], strict=True))


def _row(path: Path, number: int) -> dict[str, Any]:
    """Read one row: no more than its group is read."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if number < rows:
                found: dict[str, Any] = file.read_row_group(group).slice(number, 1).to_pylist()[0]
                return found
            number -= rows
    raise _changed(path)


def _changed(path: Path) -> InputError:
    return InputError(Problem("has changed since it was opened", path, remedy="open it again"))
