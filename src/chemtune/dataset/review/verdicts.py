"""Verdicts: what people decided about answers, all reviewers taken together."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from chemtune.databases import connected, read_only
from chemtune.dataset.review.disputed import disputed
from chemtune.dataset.review.item import sha256_of
from chemtune.dataset.review.store import Decision
from chemtune.errors import InputError, Problem, nearest

REVIEW = "review.sqlite"
_REMEDY = f"`chemtune review RUN` writes RUN/{REVIEW}"
_NO_DECISION = {"skipped", "withdrawn"}
_COLUMNS = ", ".join(column.name for column in fields(Decision))


@dataclass(frozen=True)
class Verdict:
    """What stands of the decisions about one item, a document with a task.

    Attributes:
        item: The document's id and the task, as `Example.id`.
        document: The document's name.
        task: The task's name.
        decision: "accepted", "rejected" or "corrected"; "disputed" where reviewers disagree, and
            nobody's word is taken until one of them changes theirs.
        answer: The corrected answer, or "".
        author: Who wrote the corrected answer, or "".
        judged: The SHA-256, in hexadecimal, of the answers that the decision is about.
        reviewers: Who decided, by name.
        note: What they wrote beside it, or "".
        at: When the last of them decided: ISO 8601, UTC.
    """

    item: str
    document: str
    task: str
    decision: Literal["accepted", "rejected", "corrected", "disputed"]
    answer: str
    author: str
    judged: frozenset[str]
    reviewers: tuple[str, ...]
    note: str
    at: str


def read_verdicts(*paths: Path) -> dict[str, Verdict]:
    """Return what stands of people's decisions, by item, in the order of the first decisions.

    The newest decision of a reviewer on an item counts, over all files. Who accepts a correction,
    after a build took it, agrees with the person who wrote it, and who rejects it objects to it. A
    rejection and a correction of the teacher's answer both call that wrong: the correction stands.

    Args:
        paths: Files of decisions, as `chemtune review` writes them; one may be in use.

    Raises:
        InputError: One is missing or holds no decisions.
    """
    newest: dict[tuple[str, str], Decision] = {}
    written: dict[str, dict[str, Decision]] = {}
    for path in paths:
        of_file: dict[tuple[str, str], Decision] = {}
        for row in _select(path, f"SELECT {_COLUMNS} FROM decisions ORDER BY id"):
            decision = Decision(*row)
            of_file[decision.item, decision.reviewer] = decision
            if decision.decision == "corrected":
                # It stays known after its writer decided anew: others may have accepted it.
                of_item = written.setdefault(decision.item, {})
                of_item.setdefault(sha256_of(decision.answer), decision)
        for key, decision in of_file.items():
            if key not in newest or decision.at >= newest[key].at:
                newest[key] = decision
    votes: dict[str, list[Decision]] = {}
    for vote in newest.values():
        if vote.decision not in _NO_DECISION:
            votes.setdefault(vote.item, []).append(vote)
    return {item: _verdict(of_item, written.get(item, {})) for item, of_item in votes.items()}


def sample_of(path: Path, name: str) -> list[str]:
    """Return the items of a sample that was drawn for review, in its order.

    Raises:
        InputError: The file holds no sample of that name, or is no file of decisions.
    """
    rows = _select(path, "SELECT item FROM sample_items WHERE sample = ? ORDER BY place", name)
    if not rows:
        known = [str(of) for (of,) in _select(path, "SELECT DISTINCT sample FROM sample_items")]
        raise InputError(Problem(f"no sample {name!r}", path, remedy=nearest(name, known)))
    return [str(item) for (item,) in rows]


def _select(path: Path, query: str, *values: str) -> list[tuple[Any, ...]]:
    if not path.is_file():
        raise InputError(Problem("no such file", path, remedy=_REMEDY))
    try:
        with closing(connected(read_only(path), uri=True)) as db:
            return db.execute(query, values).fetchall()
    except sqlite3.Error as error:
        fault = f"holds no decisions that can be read: {error}"
        raise InputError(Problem(fault, path, remedy=_REMEDY)) from None


def _verdict(votes: list[Decision], written: Mapping[str, Decision]) -> Verdict:
    """What stands of the newest decision of each reviewer on one item."""
    votes = sorted(votes, key=lambda vote: (vote.at, vote.reviewer))
    of_kind: dict[str, list[Decision]] = {"accepted": [], "rejected": [], "corrected": []}
    corrections: set[str] = set()
    for vote in votes:
        kind = vote.decision
        if kind == "corrected":
            corrections.add(vote.answer)
        elif kind == "accepted" and vote.judged_sha256 in written:
            kind = "corrected"
            corrections.add(written[vote.judged_sha256].answer)
        of_kind[kind].append(vote)
    decision: Literal["accepted", "rejected", "corrected", "disputed"] = "rejected"
    if disputed(votes, written):
        decision = "disputed"
    elif corrections:
        decision = "corrected"
    elif of_kind["accepted"]:
        decision = "accepted"
    standing = votes if decision == "disputed" else of_kind[decision]
    answer = corrections.pop() if decision == "corrected" else ""
    return Verdict(
        item=votes[0].item,
        document=votes[0].document,
        task=votes[0].task,
        decision=decision,
        answer=answer,
        author=written[sha256_of(answer)].reviewer if decision == "corrected" else "",
        judged=frozenset().union(*(_back(vote.judged_sha256, written) for vote in standing)),
        reviewers=tuple(sorted(vote.reviewer for vote in standing)),
        note="; ".join(vote.note for vote in standing if vote.note),
        at=votes[-1].at,
    )


def _back(judged: str, written: Mapping[str, Decision]) -> set[str]:
    """An answer with those that it was a correction of: who rejects it wants none of them."""
    found: set[str] = set()
    while judged not in found:
        found.add(judged)
        if judged in written:
            judged = written[judged].judged_sha256
    return found
