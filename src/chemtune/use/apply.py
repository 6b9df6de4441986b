"""`apply`: tasks over new documents with the run's model, and a table of what they hold.

It runs in three passes, as `build` does: the documents are prepared; what the journal does not
answer is computed; the records are made out of the journal alone.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chemtune.checks.policy import Rule
from chemtune.dataset.ledger import SCHEMA as LEDGER
from chemtune.dataset.ledger import Entry, Ledger
from chemtune.dataset.prepare import prepare
from chemtune.dataset.prepared import SCHEMA, Prepared, read_prepared
from chemtune.dataset.rows import rows_written
from chemtune.dataset.seen import Seen
from chemtune.documents.chunk import chunk
from chemtune.documents.document import Document
from chemtune.documents.read import find_files, read_documents
from chemtune.errors import InputError, Problem, nearest
from chemtune.models.load import load_tokenizer
from chemtune.models.template import Template
from chemtune.tasks.task import Task, Unreadable
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.teacher import Request, RequestRefused
from chemtune.use.answering import Answered, answer_all
from chemtune.use.opened import OpenedRun, open_run, takes_document
from chemtune.use.records import COLUMNS, Record, records_of, unreadable
from chemtune.use.table import FORMATS, Write, format_of, table_written
from chemtune.use.tuned import TunedModel

# A document's sentences are counted one by one, and what stands between them is not.
FULL = 0.9
LEAST_CHUNK = 32
ANY_LENGTH = 2**40


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
    cut = _chunker(opened, template, wanted, model.max_tokens, chunk_tokens, overlap)
    ledger = Ledger()
    with TemporaryDirectory() as temporary, Journal(opened.folder.journal) as journal:
        prepared = Path(temporary) / "documents.parquet"
        found = read_documents(
            paths, columns=columns or {}, limit=limit, on_fault=_noted(ledger, len(paths))
        )
        count, parts = _prepare(found, prepared, cut, tuple(wanted), ledger)
        answered = answer_all(
            model,
            opened.load,
            (_request(one.document, task) for one, task in _asked(prepared, wanted)),
            parts * len(wanted),
            journal,
        )
        made = _Made(model, journal, answered, _rules(opened), ledger)
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
        "left_out": dict(made.left_out(ledger)),
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


def _noted(ledger: Ledger, files: int) -> Callable[[Path, InputError], None] | None:
    """What writes a file that cannot be read to the ledger; one that is named alone is wanted."""
    if files == 1:
        return None

    def note(path: Path, error: InputError) -> None:
        detail = "; ".join(problem.message for problem in error.problems)
        ledger.add(Entry("document", "rejected", path.name, "", "unreadable file", detail))

    return note


def _chunker(
    opened: OpenedRun,
    template: Template,
    tasks: Mapping[str, Task],
    max_tokens: int,
    asked: int | None,
    overlap: int,
) -> Callable[[Document], Iterator[Document]]:
    """Return what cuts a document into parts that fit, with the longest instruction, a prompt."""

    def count(text: str) -> int:
        return len(template.tokenizer(text, add_special_tokens=False)["input_ids"])

    room = asked
    if room is None:
        blank = Document(name="", text="")
        # Questions are short, and a blank one could not be asked.
        on_documents = [task for task in tasks.values() if takes_document(task)]
        prompts = [template.prompt_ids(task.write(blank)) for task in on_documents]
        around = max(map(len, prompts), default=0)
        room = int(FULL * (opened.recipe.tuning.max_tokens - around - max_tokens))
        if room < LEAST_CHUNK:
            message = (
                f"answers of {max_tokens} tokens leave no room for a document: the run was tuned "
                f"on {opened.recipe.tuning.max_tokens} tokens of prompt and answer"
            )
            raise InputError(Problem(message, remedy="give --chunk, or a smaller --max-tokens"))

    def cut(document: Document) -> Iterator[Document]:
        # Every chunk shows the title.
        of_text = max(room - count(document.title), LEAST_CHUNK)
        return chunk(document, tokens=of_text, overlap=overlap, count=count)

    return cut


def _prepare(
    documents: Iterator[Document],
    path: Path,
    cut: Callable[[Document], Iterator[Document]],
    tasks: tuple[str, ...],
    ledger: Ledger,
) -> tuple[int, int]:
    """Write the documents that are used, in parts; return the number of both."""
    whole, parts = set[str](), 0
    used = prepare(
        documents,
        part=0,
        max_characters=ANY_LENGTH,
        chunk=cut,
        languages=("en", "ko"),
        validation=0.0,
        test=1.0,
        seen=Seen(),
        ledger=ledger,
    )
    with rows_written(path, SCHEMA) as rows:
        for document in used:
            rows.write(Prepared(document, 0, tasks).row())
            whole.add(document.parent or document.id)
            parts += 1
    return len(whole), parts


def _asked(path: Path, tasks: Mapping[str, Task]) -> Iterator[tuple[Prepared, Task]]:
    for one in read_prepared(path):
        for name in one.tasks:
            yield one, tasks[name]


def _request(document: Document, task: Task) -> Request:
    return Request(task.name, document.name, tuple(task.write(document)))


@dataclass
class _Made:
    """Makes the rows of one answer after the other, and counts them."""

    model: TunedModel
    journal: Journal
    answered: Answered
    rules: Mapping[str, Rule]
    ledger: Ledger
    statuses: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    _document: str = ""
    _met: set[tuple[object, ...]] = field(default_factory=set)

    def write(self, document: Document, task: Task, write: Write) -> None:
        """Write the rows of a task's answer about a document, or say why there are none."""
        for record in self._records(document, task):
            if self._is_repeated(record):
                detail = f"{record.field} {record.answer!r} stands in the chunk before too"
                self._leave_out("checks", document, task, "repeated record", detail)
                continue
            self.statuses[record.status] += 1
            if record.status == "rejected":
                self.rejected[record.reason.partition(":")[0]] += 1
            write({name: getattr(record, name) for name in COLUMNS})

    def left_out(self, ledger: Ledger) -> Iterator[tuple[str, int]]:
        """Yield what has no record, by reason; unreadable answers have one."""
        for reason, count in ledger.by_reason().items():
            if reason not in self.unreadable:
                yield reason, count

    def _records(self, document: Document, task: Task) -> list[Record]:
        try:
            key = key_of(self.model.canonical(_request(document, task)))
            raw = self.journal.get(key)
            if raw is None:
                detail = self.answered.refused.get(key, "the journal holds no answer")
                self._leave_out("tokens", document, task, "too long", detail)
                return []
            reply = self.model.read(raw)
        except RequestRefused as error:
            self._leave_out("reading", document, task, "no answer", error.reason)
            return []
        if reply.finish_reason == "length":
            why = f"it is longer than {self.model.max_tokens} tokens; raise --max-tokens"
            return [self._unreadable(document, task, "cut off", why, reply.text, key)]
        try:
            answer = task.read(reply.text)
        except Unreadable as error:
            return [self._unreadable(document, task, "unreadable", str(error), reply.text, key)]
        records = records_of(document, task, answer, self.rules, reply=reply.text, key=key)
        if not records:
            detail = "the model names nothing in it"
            self._leave_out("reading", document, task, "nothing found", detail, reply.text)
        return records

    def _unreadable(
        self, document: Document, task: Task, reason: str, why: str, reply: str, key: str
    ) -> Record:
        self.unreadable[reason] += 1
        self._leave_out("reading", document, task, reason, why, reply)
        return unreadable(document, task, f"{reason}: {why}", key)

    def _leave_out(
        self, stage: Any, document: Document, task: Task, reason: str, detail: str, reply: str = ""
    ) -> None:
        entry = Entry(stage, "rejected", document.name, task.name, reason, detail, reply)
        self.ledger.add(entry)

    def _is_repeated(self, record: Record) -> bool:
        """Whether an earlier chunk has the same at the same place, where chunks overlap."""
        if record.start is None or not record.chunk:
            return False
        if record.document_id != self._document:
            self._document, self._met = record.document_id, set()
        place = (record.task, record.field, record.material, record.start, record.end)
        known = place in self._met
        self._met.add(place)
        return known


def _write_ledger(ledger: Ledger, path: Path, format_: str, excel: bool) -> None:
    with table_written(path, format_, LEDGER.names, excel=excel) as write:
        for entry in ledger.entries:
            write(asdict(entry))
