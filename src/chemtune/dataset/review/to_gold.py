"""Gold out of people's decisions: the answers of a run that somebody vouches for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from chemtune.dataset.plan import tasks_of
from chemtune.dataset.review.item import sha256_of
from chemtune.dataset.review.verdicts import REVIEW, Verdict, read_verdicts, sample_of
from chemtune.dataset.rows import read_rows
from chemtune.documents.document import SPLITS
from chemtune.errors import InputError, Problem
from chemtune.files import written_whole
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.tasks.task import Task, Unreadable


def write_gold(run: Path, out: Path, *, sample: str = "") -> int:
    """Write the answers of a run that people accepted or corrected, as `build --gold` reads them.

    Args:
        run: A run's folder with decisions in its `review.sqlite`.
        out: The JSON Lines file to write, of `document`, `task` and `reply`.
        sample: The name of a sample that was drawn for review, to write of it alone; "" is all.

    Returns:
        The number of answers.

    Raises:
        InputError: The run has no data set, no decisions, or no such sample.
    """
    path = run / REVIEW
    verdicts = read_verdicts(path)
    if sample:
        verdicts = {i: verdicts[i] for i in sample_of(path, sample) if i in verdicts}
    count = 0
    with written_whole(out) as temporary, temporary.open("w", encoding="utf-8") as file:
        for line in gold_lines(verdicts, run):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    return count


def gold_lines(verdicts: Mapping[str, Verdict], run: Path) -> Iterator[dict[str, str]]:
    """Yield `document`, `task` and `reply` of what people vouch for, in the order of `verdicts`.

    An accepted answer is the one that stands in the run's data set or was left out of it; one that
    is another answer now is passed over, and so is what is rejected or disputed.

    Raises:
        InputError: The run has no data set.
    """
    folder = RunFolder(run)
    if not folder.prepared.is_file():
        raise InputError(Problem("has no data set", run, remedy="run `chemtune build` first"))
    tasks = tasks_of(load_recipe(run))
    accepted = _accepted(verdicts, folder)
    for item in _items(folder, verdicts):
        verdict = verdicts[item]
        text = verdict.answer if verdict.decision == "corrected" else accepted.get(item)
        task = tasks.get(verdict.task)
        reply = None if text is None or task is None else _rendered(task, text)
        if reply is not None:
            yield {"document": verdict.document, "task": verdict.task, "reply": reply}


def _items(folder: RunFolder, verdicts: Mapping[str, Verdict]) -> list[str]:
    """The items of `verdicts` that the run has: a document may have another text by now."""
    rows = read_rows(folder.prepared, ["id", "tasks"])
    items = (f"{row['id']}-{task}" for row in rows for task in row["tasks"])
    there = {item for item in items if item in verdicts}
    return [item for item in verdicts if item in there]


def _accepted(verdicts: Mapping[str, Verdict], folder: RunFolder) -> dict[str, str]:
    """The answers as they stand that people accepted, by item."""
    wanted = {item: v for item, v in verdicts.items() if v.decision == "accepted"}
    found: dict[str, str] = {}
    for split in SPLITS:
        columns = ["document_id", "task", "answer", "findings"]
        for row in read_rows(folder.dataset / f"{split}.parquet", columns):
            item = f"{row['document_id']}-{row['task']}"
            # What was taken in upon the acceptance of a raw reply stands rendered by now.
            if item in wanted and (
                sha256_of(row["answer"]) in wanted[item].judged
                or any(finding["check"] == "review" for finding in row["findings"])
            ):
                found[item] = row["answer"]
    by_name = {(v.document, v.task): item for item, v in wanted.items()}
    for row in read_rows(folder.dataset / "rejected.parquet", ["document", "task", "reply"]):
        left_out = by_name.get((row["document"], row["task"]))
        if left_out is not None and sha256_of(row["reply"] or "") in wanted[left_out].judged:
            found[left_out] = row["reply"]
    return found


def _rendered(task: Task, text: str) -> str | None:
    """An answer in the task's form; None where it cannot be read."""
    try:
        return task.render(task.read(text))
    except Unreadable:
        return None
