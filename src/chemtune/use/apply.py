"""`apply`: tasks over new documents with the run's model, and a table of what they hold.

It runs in three passes, as `build` does: the documents are prepared; what the journal does not
answer is computed; the records are made out of the journal alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chemtune.checks.policy import Rule
from chemtune.dataset.ledger import SCHEMA as LEDGER
from chemtune.dataset.ledger import Ledger
from chemtune.dataset.plan import unreadable_to
from chemtune.dataset.prepared import Prepared, read_prepared
from chemtune.documents.read import find_files, read_documents
from chemtune.errors import InputError, Problem, nearest
from chemtune.models.load import load_tokenizer
from chemtune.models.template import Template
from chemtune.tasks.task import Task
from chemtune.teachers.journal import Journal
from chemtune.use.answering import answer_all
from chemtune.use.new_documents import chunker, prepare_new
from chemtune.use.opened import OpenedRun, open_run
from chemtune.use.records import COLUMNS
from chemtune.use.row_maker import RowMaker, request_of
from chemtune.use.table import FORMATS, format_of, table_written
from chemtune.use.tuned import TunedModel


def apply(
    run: Path | str,
    documents: Path | str,
    *,
    tasks: Sequence[str] = (),
    out: Path | str | None = None,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    chunk_tokens: int | None = None,
    overlap: int = 0,
    max_tokens: int | None = None,
    limit: int | None = None,
    untuned: bool = False,
    precision: str | None = None,
    excel: bool = False,
) -> dict[str, Any]:
    """Put tasks to the run's model about new documents, and write a table of records.

    Answers are journaled as they come; running again computes only what the journal lacks.

    Args:
        run: The run's folder, or its recipe.
        documents: A file, a folder or a glob.
        tasks: Tasks of the run's domain; by default those on documents that it was tuned on.
        out: The table; by default in `applied` of the run, named by documents and tasks.
        format: "csv", "parquet" or "jsonl"; by default by the ending of `out`.
        columns: Which column holds what, as in a recipe.
        chunk_tokens: Tokens of a document that are asked about at once; longer ones are cut into
            chunks at sentences. By default what fits an example of the tuning.
        overlap: Tokens that a chunk repeats of the one before.
        max_tokens: Of one answer; by default the recipe's `evaluation.max_new_tokens`.
        limit: Take only the first documents.
        untuned: Leave the adapter out.
        precision: See `open_run`.
        excel: Begin a CSV file with a byte order mark.

    Returns:
        `run`, `documents`, `tasks`, `answers` (computed now), `from_journal`, `records`,
        `accepted`, `rejected` (records by check), `unreadable` (answers by reason), `left_out` (by
        reason: what has no record), `out`, `ledger` (the file with all that was left out, cut or
        unreadable) and `ledger_rows`, `wall_s`.

    Raises:
        InputError: The run, a file, a task or an option is not as it should be.
        Interrupted: Ctrl-C; what was answered is kept.
    """
    started = time.monotonic()
    opened = open_run(run, untuned=untuned, precision=precision)
    wanted = _tasks(opened, tasks)
    paths = find_files(str(documents), Path.cwd())
    format_ = format_of(Path(out) if out else None, format)
    table = (
        Path(out)
        if out
        else opened.folder.path / "applied" / _name(documents, tasks, untuned, format_)
    )
    template = Template.of(load_tokenizer(opened.files))
    model = _model(opened, template, max_tokens)
    cut = chunker(opened, template, wanted, model.max_tokens, chunk_tokens, overlap)
    ledger = Ledger()
    with TemporaryDirectory() as temporary, Journal(opened.folder.journal) as journal:
        prepared = Path(temporary) / "documents.parquet"
        # Of a file that is named alone the fault itself is told.
        on_fault = unreadable_to(ledger) if len(paths) > 1 else None
        found = read_documents(paths, columns=columns or {}, limit=limit, on_fault=on_fault)
        count, parts = prepare_new(found, prepared, cut, tuple(wanted), ledger)
        answered = answer_all(
            model,
            opened.load,
            (request_of(one.document, task) for one, task in _asked(prepared, wanted)),
            parts * len(wanted),
            journal,
        )
        made = RowMaker(model, journal, answered, _rules(opened), ledger)
        with table_written(table, format_, COLUMNS, excel=excel) as write:
            for one, task in _asked(prepared, wanted):
                made.write(one.document, task, write)
    beside = table.with_name(f"{table.stem}.left_out{FORMATS[format_]}")
    _write_ledger(ledger, beside, format_, excel)
    return {
        "run": str(opened.folder.path),
        "documents": count,
        "tasks": list(wanted),
        "answers": answered.computed,
        "from_journal": answered.from_journal,
        "records": made.statuses.total(),
        "accepted": made.statuses["accepted"],
        "rejected": dict(made.rejected.most_common()),
        "unreadable": dict(made.unreadable.most_common()),
        "left_out": dict(made.left_out()),
        "out": str(table),
        "ledger": str(beside),
        "ledger_rows": len(ledger.entries),
        "wall_s": round(time.monotonic() - started, 2),
    }


def _tasks(opened: OpenedRun, names: Sequence[str]) -> dict[str, Task]:
    named = list(dict.fromkeys(names)) or opened.document_tasks
    if not named:
        known = ", ".join(opened.tasks)
        message = "the run was tuned on no task that takes a document"
        raise InputError(Problem(message, opened.folder.path, remedy=f"give --task: {known}"))
    unknown = [name for name in named if name not in opened.tasks]
    if unknown:
        known_names = list(opened.tasks)
        raise InputError(
            *(
                Problem(f"unknown task {n!r}", field="--task", remedy=nearest(n, known_names))
                for n in unknown
            )
        )
    return {name: opened.tasks[name] for name in named}


def _name(documents: Path | str, tasks: Sequence[str], untuned: bool, format_: str) -> str:
    """The table's name, which tables of other tasks or of the untuned model do not have."""
    stem = Path(documents).resolve().stem.replace("*", "") or "documents"
    parts = [stem, *(["untuned"] if untuned else []), *(["+".join(tasks)] if tasks else [])]
    return f"{'.'.join(parts)}{FORMATS[format_]}"


def _model(opened: OpenedRun, template: Template, max_tokens: int | None) -> TunedModel:
    named = opened.recipe.name if opened.adapter else f"{opened.files.name} (untuned)"
    return TunedModel(
        name=f"tuned:{named}" if opened.adapter else f"model:{named}",
        identity=opened.identity,
        template=template.text,
        end_id=template.end_id,
        max_tokens=max_tokens or opened.recipe.evaluation.max_new_tokens,
    )


def _rules(opened: OpenedRun) -> dict[str, Rule]:
    rules = opened.recipe.checks.items()
    return {str(check): Rule(rule.severity, rule.action) for check, rule in rules}


def _asked(path: Path, tasks: Mapping[str, Task]) -> Iterator[tuple[Prepared, Task]]:
    for one in read_prepared(path):
        for name in one.tasks:
            yield one, tasks[name]


def _write_ledger(ledger: Ledger, path: Path, format_: str, excel: bool) -> None:
    with table_written(path, format_, LEDGER.names, excel=excel) as write:
        for entry in ledger.entries:
            write(asdict(entry))
