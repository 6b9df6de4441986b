"""Step 1: documents and instructions go to a teacher; its replies become a checked data set.

It runs in three passes, each a stream, so that memory does not grow with the corpus: the documents
are prepared into a file; what the journal does not answer is asked; the examples are assembled out
of the journal. The last needs no teacher, so a data set can be made again from the journal alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chemtune.dataset.agreement import Agreement
from chemtune.dataset.assemble import Second, assemble
from chemtune.dataset.card import write_card
from chemtune.dataset.example import examples_written
from chemtune.dataset.formats import formats_written, write_info
from chemtune.dataset.gather import Bought, gather
from chemtune.dataset.job import jobs_of
from chemtune.dataset.ledger import Ledger, ledger_written
from chemtune.dataset.open_teacher import open_teacher, price_of
from chemtune.dataset.plan import Plan
from chemtune.dataset.prepared import SCHEMA, read_prepared
from chemtune.dataset.rows import read_rows, rows_written
from chemtune.dataset.seen import Distinct
from chemtune.dataset.tally import Tally
from chemtune.documents.document import SPLITS
from chemtune.errors import InputError, Problem
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe
from chemtune.teachers.ask import AskedCounts
from chemtune.teachers.journal import Journal


def build(
    recipe: Recipe | Path | str, *, limit: int | None = None, offline: bool = False
) -> dict[str, Any]:
    """Build the data set of a recipe in its run folder.

    Replies are journaled as they come; running again asks only for what the journal lacks.

    Args:
        recipe: A recipe, or the path of one.
        limit: Take only the first `limit` documents of each source.
        offline: Ask nobody; the journal's replies are all there is.

    Returns:
        `documents`, `requests` (sent now), `replies_from_journal`, `accepted`, `rejected` (by
        reason), `examples` (by task and split), `tokens` (of the teacher, now), `cost_usd` (of the
        replies sent for now; None where no price is known), `stopped` (why not everything was
        asked, or ""), `agreement` (of a second teacher, by task and field), `wall_s`, `run`.

    Raises:
        InputError: The recipe, a file or the teacher's key is not as it should be.
        ChemtuneError: The teacher or the disk failed; what was journaled is kept.
    """
    started = time.monotonic()
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    plan = Plan.of(recipe)
    asked = [*plan.teachers, *([recipe.second.teacher] if recipe.second else [])]
    distinct = [t for i, t in enumerate(asked) if t not in asked[:i]]
    teachers = [open_teacher(teacher, recipe.folder) for teacher in distinct]
    prices = [price_of(teacher, needed=recipe.budget_usd is not None) for teacher in distinct]
    parts = [distinct.index(teacher) for teacher in plan.teachers]
    folder = RunFolder(recipe.run_folder)
    folder.begin(recipe)
    rejected = folder.dataset / "rejected.parquet"
    journal_path = recipe.folder / recipe.journal if recipe.journal else folder.journal
    with ledger_written(rejected) as ledger, Journal(journal_path) as journal:
        counted = _prepare(plan, folder.prepared, ledger, limit, parts)
        known = _refused_before(rejected) if offline else {}
        bought = [Bought(t, journal, p, known) for t, p in zip(teachers, prices, strict=True)]
        counts = AskedCounts()
        spent = journal.spent_usd()
        for number, of_teacher in enumerate(bought):
            if not offline:
                counts += _gather(plan, folder.prepared, of_teacher, number, parts, counted)
        second = None
        if recipe.second is not None:
            of_second = bought[distinct.index(recipe.second.teacher)]
            second = Second(of_second, recipe.second.at_least, Agreement())
            if not offline:
                counts += _gather(plan, folder.prepared, of_second, None, parts, counted)
        spent = journal.spent_usd() - spent
        of_parts = [bought[number] for number in parts]
        tally = _assemble(plan, folder, of_parts, second, ledger)
    agreement = list(second.agreement.fields()) if second else []
    write_card(folder.dataset / "README.md", recipe.name, tally, ledger, agreement)
    if not tally.total:
        reasons = ", ".join(f"{n} {reason}" for reason, n in ledger.by_reason().items())
        what = "no example was accepted" if len(counted.documents) else "no document is left"
        stopped = f"; asking ended early: {counts.stopped}" if counts.stopped else ""
        raise InputError(Problem(f"{what} ({reasons}){stopped}", rejected))
    return {
        "run": str(folder.path),
        "documents": len(counted.documents),
        "requests": counts.requests_sent,
        "replies_from_journal": counts.replies_from_journal,
        "accepted": tally.total,
        "rejected": ledger.by_reason(),
        "examples": tally.examples(),
        "tokens": {"prompt": counts.prompt_tokens, "completion": counts.completion_tokens},
        "cost_usd": None if None in prices else round(spent, 6),
        "stopped": counts.stopped,
        "agreement": [asdict(field) for field in agreement],
        "wall_s": round(time.monotonic() - started, 2),
    }


@dataclass
class _Counted:
    """The documents to use, and the number of requests to each teacher."""

    documents: Distinct = field(default_factory=Distinct)
    requests: dict[int, int] = field(default_factory=dict)


def _prepare(
    plan: Plan, path: Path, ledger: Ledger, limit: int | None, parts: Sequence[int]
) -> _Counted:
    """Write the documents that will be used; a fault in one is found before anything is asked."""
    counted = _Counted()
    with rows_written(path, SCHEMA) as rows:
        for prepared in plan.prepared(ledger, limit=limit):
            rows.write(prepared.row())
            counted.documents.add(prepared.document.id)
            teacher = parts[prepared.part]
            known = [plan.tasks[name].known(prepared.document) for name in prepared.tasks]
            counted.requests[teacher] = counted.requests.get(teacher, 0) + known.count(None)
    return counted


def _refused_before(path: Path) -> dict[tuple[str, str], str]:
    """Why the last build has no reply to some requests: what the journal cannot tell."""
    if not path.is_file():
        return {}
    rows = (row for row in read_rows(path) if row["reason"] == "refused by the teacher")
    return {(row["document"], row["task"]): row["detail"] for row in rows}


def _gather(
    plan: Plan,
    path: Path,
    bought: Bought,
    number: int | None,
    parts: Sequence[int],
    counted: _Counted,
) -> AskedCounts:
    """Ask one teacher for all that it is to answer; with `number` None for everything."""
    of_teacher = (one for one in read_prepared(path) if number in (None, parts[one.part]))
    total = sum(n for teacher, n in counted.requests.items() if number in (None, teacher))
    jobs = jobs_of(of_teacher, plan.tasks, seed=plan.recipe.seed)
    requests = (job.request() for job in jobs if job.known() is None)
    return gather(bought, requests, total, plan.recipe.budget_usd)


def _assemble(
    plan: Plan,
    folder: RunFolder,
    bought: Sequence[Bought],
    second: Second | None,
    ledger: Ledger,
) -> Tally:
    """Write the examples, each to its split."""
    tally = Tally()
    formats = plan.recipe.formats
    if formats:
        write_info(folder.dataset, SPLITS, formats)
    jobs = jobs_of(read_prepared(folder.prepared), plan.tasks, seed=plan.recipe.seed)
    with ExitStack() as stack:
        files = {
            split: stack.enter_context(examples_written(folder.dataset / f"{split}.parquet"))
            for split in SPLITS
        }
        others = {
            split: stack.enter_context(formats_written(folder.dataset, split, formats))
            for split in SPLITS
        }
        for outcome in assemble(jobs, bought, plan.rules, second):
            if outcome.entry is not None:
                ledger.add(outcome.entry)
            if outcome.example is not None:
                files[outcome.example.split].write(outcome.example)
                others[outcome.example.split].write(outcome.example)
                tally.add(outcome.example)
    return tally
