"""Bench: a run's held-out documents, its teachers and its models, shared by all readers."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from chemtune.errors import ChemtuneError
from chemtune.recipe.run_folder import RunFolder
from chemtune.teachers.teacher import Reply, Request
from chemtune.use.side_by_side.held_out import Case, HeldOut
from chemtune.use.side_by_side.models import Models, Wish
from chemtune.use.side_by_side.teachers import TASK, Offer, Teachers
from chemtune.use.side_by_side.verdict import Verdict, verdict


@dataclass(frozen=True)
class Heard:
    """What there is of a teacher.

    Attributes:
        reply: What the teacher said already, or None.
        offer: What it takes to ask, or None.
        fault: Why there is neither, or "".
        by_document: The document brings its own answer, so that no teacher is asked.
    """

    reply: Reply | None = None
    offer: Offer | None = None
    fault: str = ""
    by_document: bool = False


class Bench:
    """What is compared; all but `models` blocks.

    Args:
        run: The run's folder.
    """

    def __init__(self, run: Path) -> None:
        self.models = Models(run)
        self._run = run
        self._opening = threading.Lock()
        self._opened: tuple[int, HeldOut, Teachers] | None = None

    def held_out(self) -> HeldOut:
        """Return the held-out documents, looked up anew where the data set was made again.

        Raises:
            InputError: It is no run, or has no data set.
        """
        return self._open()[0]

    def heard(self, case: Case | None, request: Request) -> Heard:
        """Return what the teacher of a document, or of the recipe, said to a request already.

        Args:
            case: The document that it is about, or None for a prompt of one's own.
            request: See `request_of`.
        """
        if case is not None and case.job.known() is not None:
            return Heard(by_document=True)
        part = None if case is None else case.job.part
        key = case.example.reply_key if case is not None and case.example is not None else ""
        try:
            teachers = self._open()[1]
            reply = teachers.said(request, part, key)
            return Heard(reply) if reply else Heard(offer=teachers.offer(request, part))
        except ChemtuneError as error:
            return Heard(fault=str(error))

    def ask_teacher(self, case: Case | None, request: Request) -> Heard:
        """Put a request to the teacher, which may cost money."""
        try:
            return Heard(self._open()[1].ask(request, None if case is None else case.job.part))
        except ChemtuneError as error:
            return Heard(fault=str(error))

    def judge(self, case: Case, reply: str) -> Verdict:
        """Return what the parser and the checks say of a reply."""
        rules = self._open()[0].rules
        return verdict(case.job.task, case.job.document, reply, rules, case.reference)

    def close(self) -> None:
        """End all answers, and free the memory."""
        self.models.close()

    def _open(self) -> tuple[HeldOut, Teachers]:
        with self._opening:
            prepared = RunFolder(self._run).prepared
            made = prepared.stat().st_mtime_ns if prepared.is_file() else 0
            if self._opened is None or self._opened[0] != made:
                found = HeldOut.open(self._run)
                self._opened = made, found, Teachers(found.recipe, found.folder)
            return self._opened[1:]


def request_of(case: Case | None, wish: Wish) -> Request:
    """Return what a teacher is asked where the models are asked a wish."""
    if case is not None:
        return case.job.request()
    return Request(TASK, TASK, tuple(wish.messages))
