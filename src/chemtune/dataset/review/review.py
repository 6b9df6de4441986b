"""Review: the items of a run with the decisions on them, listed, filtered and looked at."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson

from chemtune.checks.finding import Finding
from chemtune.checks.policy import Rule
from chemtune.databases import explained, read_only
from chemtune.dataset.plan import Plan
from chemtune.dataset.prepared import Prepared
from chemtune.dataset.review.checked import Checked as Checked
from chemtune.dataset.review.checked import check_text
from chemtune.dataset.review.filters import Filters, chosen
from chemtune.dataset.review.index import INDEX, open_index
from chemtune.dataset.review.item import Item
from chemtune.dataset.review.short_words import ShortWords
from chemtune.dataset.review.sources import Sources
from chemtune.dataset.review.standing import Standing
from chemtune.dataset.review.store import ReviewStore
from chemtune.documents.document import Document
from chemtune.errors import InputError, Problem
from chemtune.recipe.load import load_recipe
from chemtune.tasks.task import Task

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

REVIEW = "review.sqlite"
DECIDED = ("accepted", "rejected", "corrected")
_ITEM = (
    "SELECT i.id, i.document_id, i.document, i.task, i.split, i.language, i.teacher, i.status, "
    "a.reason, a.detail, a.answer, a.findings, i.agreement, d.row "
    "FROM items i JOIN answers a USING (place) JOIN documents d USING (doc) WHERE i.id = ?"
)
_ANSWER = "SELECT a.answer FROM items i JOIN answers a USING (place) WHERE i.id = ?"
_DECISIONS = "SELECT decision, count(*) FROM standing WHERE reviewer = ? GROUP BY decision"
_SAMPLES = (
    "SELECT s.name, (SELECT count(*) FROM decided.sample_items n JOIN items i ON i.id = n.item "
    "WHERE n.sample = s.name) FROM decided.samples s ORDER BY s.at, s.rowid"
)


@dataclass(frozen=True)
class Row:
    """An item in a list.

    Attributes:
        id: The item's id.
        document: The document's name.
        task: The task's name.
        split: "train", "validation" or "test".
        language: The language of the answer.
        status: "accepted" or "rejected" by the checks.
        findings: How many objections there are; the reason of a rejection is one.
        severity: Of the gravest of them, "error" or "warning"; "" without any.
        decision: What this reviewer says: "accepted", "rejected", "corrected", "skipped" or "".
        disputed: Whether reviewers disagree.
    """

    id: str
    document: str
    task: str
    split: str
    language: str
    status: str
    findings: int
    severity: str
    decision: str
    disputed: bool


@dataclass(frozen=True)
class Candidate:
    """An item to draw a sample from; see `Row`. `agreement` is a second teacher's, 0 to 1."""

    id: str
    task: str
    language: str
    status: str
    findings: int
    agreement: float | None
    disputed: bool


class Review:
    """The items of a run and the decisions on them. Several threads may use it.

    A page of the list, and an item, take some milliseconds however many items there are.

    Attributes:
        run: The run's folder.
        store: The decisions.
        tasks: The tasks of the run's recipe, by name.
    """

    def __init__(self, run: Path, store: ReviewStore) -> None:
        """See `Review.open`."""
        self.run, self.store = run, store
        self.tasks: dict[str, Task] = {}
        self._rules: dict[str, Rule] = {}
        self._lock = threading.RLock()
        self._fingerprint = ""
        self._db: sqlite3.Connection | None = None

    @classmethod
    def open(cls, run: Path | str) -> Review:
        """Open the review of a run, and index its data set where that is not done.

        Raises:
            InputError: It is no run's folder, has no data set, or its recipe has a fault.
            ChemtuneError: A file cannot be read or written.
        """
        run = Path(run)
        Sources.of(run)
        store = ReviewStore(run / REVIEW)
        review = cls(run, store)
        try:
            review.refresh()
        except BaseException:
            store.close()
            raise
        return review

    def changed(self) -> bool:
        """Whether a build has written the data set anew, and has ended; then `refresh` is due."""
        sources = Sources.of(self.run)
        return sources.settled() and sources.fingerprint() != self._fingerprint

    def refresh(self) -> None:
        """Read the recipe and the data set again. Decisions stay; see `open` for errors."""
        with self._lock, ExitStack() as opened:
            sources = Sources.of(self.run)
            fingerprint = sources.fingerprint()
            plan = Plan.of(load_recipe(sources.folder.recipe))
            db = open_index(sources, plan.recipe, plan.tasks)
            opened.callback(db.close)
            with explained(self.store.path):
                db.execute("PRAGMA temp_store = MEMORY")
                db.execute("ATTACH ? AS decided", (read_only(self.store.path),))
                standing, short_words = Standing(db), ShortWords(db)
            opened.pop_all()
            if self._db is not None:
                self._db.close()
            self._db, self._fingerprint = db, fingerprint
            self._standing, self._short_words = standing, short_words
            self.tasks, self._rules = plan.tasks, plan.rules

    def close(self) -> None:
        """Close the files; the review cannot be used after this."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None
            self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def count(self, filters: Filters, reviewer: str) -> int:
        """Return how many items the filters leave, as `reviewer` looks."""
        return int(self._select("count(*)", filters, reviewer)[0][0])

    def progress(self, filters: Filters, reviewer: str) -> tuple[int, int]:
        """Return how many of the items `reviewer` decided, and how many there are.

        What is skipped is not decided. A filter by decision is left aside: it would leave all of
        them, or none.
        """
        decided = ", ".join(f"'{name}'" for name in DECIDED)
        whole = replace(filters, decision="")
        what = f"count(*), coalesce(sum(m.decision IN ({decided})), 0)"
        total, done = self._select(what, whole, reviewer)[0]
        return int(done), int(total)

    def rows(self, filters: Filters, reviewer: str, offset: int, limit: int) -> list[Row]:
        """Return a page of the list: a sample's in its order, else by document and task.

        Args:
            filters: Which items.
            reviewer: Who looks.
            offset: How many items stand before the page.
            limit: The most rows to return.
        """
        what = (
            "i.id, i.document, i.task, i.split, i.language, i.status, i.findings, i.severity, "
            "coalesce(m.decision, ''), i.place IN (SELECT place FROM disputes)"
        )
        end = "ORDER BY {order} LIMIT ? OFFSET ?"
        found = self._select(what, filters, reviewer, end, (limit, offset))
        return [Row(*(*row[:-1], bool(row[-1]))) for row in found]

    def place(self, filters: Filters, reviewer: str, item_id: str) -> int | None:
        """Return how many items stand before an item, or None where the filters leave it out."""
        with self._lock:
            if not self._select("1", filters, reviewer, "AND i.id = ?", (item_id,)):
                return None
            at = self._order_of(filters, item_id)
            before = self._select("count(*)", filters, reviewer, "AND {order} < ?", (at,))
        return int(before[0][0])

    def neighbour(
        self,
        filters: Filters,
        reviewer: str,
        item_id: str | None,
        *,
        forward: bool = True,
        undecided: bool = False,
        with_findings: bool = False,
    ) -> str | None:
        """Return the id of the item that comes next, or None where none does.

        Args:
            filters: Which items.
            reviewer: Who looks.
            item_id: The item to go on from, which the filters need not leave; from None, or an
                item that has no place in the order, one begins at the first item, or the last.
            forward: Whether to go forward or back.
            undecided: Only to items of which this reviewer has said nothing.
            with_findings: Only to items that a check objects to.
        """
        end, values = "", tuple[int, ...]()
        with self._lock:
            at = None if item_id is None else self._order_of(filters, item_id)
            if at is not None:
                end, values = "AND {order} > ?" if forward else "AND {order} < ?", (at,)
            if undecided:
                end += " AND m.decision IS NULL"
            if with_findings:
                end += " AND i.findings > 0"
            end += " ORDER BY {order}" + ("" if forward else " DESC") + " LIMIT 1"
            found = self._select("i.id", filters, reviewer, end, values)
        return str(found[0][0]) if found else None

    def candidates(self, filters: Filters, reviewer: str) -> list[Candidate]:
        """Return all items that the filters leave, to draw from, in the order of the list."""
        what = (
            "i.id, i.task, i.language, i.status, i.findings, i.agreement, "
            "i.place IN (SELECT place FROM disputes)"
        )
        found = self._select(what, filters, reviewer, "ORDER BY {order}")
        return [Candidate(*(*row[:-1], bool(row[-1]))) for row in found]

    def facets(self, reviewer: str) -> dict[str, list[tuple[str, int]]]:
        """Return by filter its values, each with the number of items of the whole data set."""
        with self._reading() as db:
            fixed = db.execute("SELECT filter, value, count FROM facets ORDER BY rowid").fetchall()
            said = dict(db.execute(_DECISIONS, (reviewer,)).fetchall())
            total = int(db.execute("SELECT count(*) FROM items").fetchone()[0])
            disputes = int(db.execute("SELECT count(*) FROM disputes").fetchone()[0])
            samples = db.execute(_SAMPLES).fetchall()
        found: dict[str, list[tuple[str, int]]] = {}
        for name, value, count in fixed:
            found.setdefault(name, []).append((value, count))
        found["decision"] = [
            ("undecided", total - sum(said.values())),
            *((decision, said.get(decision, 0)) for decision in (*DECIDED, "skipped")),
            ("disputed", disputes),
        ]
        found["sample"] = [(str(name), int(count)) for name, count in samples]
        return found

    def item(self, item_id: str) -> Item:
        """Return an item; of a rejected one the reply is read and checked again for findings.

        Raises:
            InputError: There is no such item.
        """
        row, document = self._found(item_id)
        findings = [Finding(**one) for one in orjson.loads(row["findings"])]
        if row["status"] == "rejected":
            findings = self._checked(row["task"], document, row["answer"]).findings
        row |= {"text": document.content, "page": document.layout.page(0), "findings": findings}
        return Item(**row, source=document.source, licence=document.licence)

    def answer(self, item_id: str) -> str | None:
        """Return an item's answer as it stands, or None where there is no such item."""
        with self._reading() as db:
            row = db.execute(_ANSWER, (item_id,)).fetchone()
        return None if row is None else str(row[0])

    def checked(self, item_id: str, answer: str) -> Checked:
        """Return what the reader and the checks of an item's task say of a text.

        Raises:
            InputError: There is no such item.
        """
        row, document = self._found(item_id)
        return self._checked(row["task"], document, answer)

    def _checked(self, task: str, document: Document, text: str) -> Checked:
        if task not in self.tasks:
            return Checked(None, f"the recipe's domain has no task {task!r} any more")
        return check_text(self.tasks[task], document, text, self._rules)

    def _found(self, item_id: str) -> tuple[dict[str, Any], Document]:
        with self._reading() as db:
            cursor = db.execute(_ITEM, (item_id,))
            found = cursor.fetchone()
            names = [column[0] for column in cursor.description]
        if found is None:
            remedy = "it may be of an earlier build; look for it in the list"
            fault = f"the data set has no item {item_id!r}"
            raise InputError(Problem(fault, self.run, remedy=remedy))
        row = dict(zip(names, found, strict=True))
        return row, Prepared.of(orjson.loads(row.pop("row"))).document

    def _order_of(self, filters: Filters, item_id: str) -> int | None:
        """An item's place in the order, whether or not the filters leave it."""
        query, values = "SELECT place FROM items WHERE id = ?", [item_id]
        if filters.sample:
            query = "SELECT place FROM decided.sample_items WHERE item = ? AND sample = ?"
            values.append(filters.sample)
        with self._reading() as db:
            row = db.execute(query, values).fetchone()
        return None if row is None else int(row[0])

    def _select(
        self,
        what: str,
        filters: Filters,
        reviewer: str,
        end: str = "",
        values: tuple[int | str | None, ...] = (),
    ) -> list[tuple[Any, ...]]:
        """Rows of what the filters leave; `what` and `end` are SQL of this file."""
        by = chosen(filters, reviewer)
        query = f"SELECT {what} FROM {by.source} WHERE {by.where} {end.format(order=by.order)}"
        with self._reading() as db:
            self._short_words.look_up(by.short_words)
            return db.execute(query, (*by.parameters, *values)).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, with what was decided so far."""
        with self._lock:
            if self._db is None:
                raise ValueError("the review is closed")
            with explained(self.store.path):
                self._standing.update()
            with explained(self.run / INDEX, cache=True):
                yield self._db
