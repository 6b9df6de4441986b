"""Asks a teacher many requests at once, with the journal before and after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chemtune.errors import Interrupted
from chemtune.teachers.asked import Asked, AskedCounts
from chemtune.teachers.asking import Asking
from chemtune.teachers.journal import Journal
from chemtune.teachers.loop import run_to_end
from chemtune.teachers.spending import Spending
from chemtune.teachers.teacher import Request, Teacher

__all__ = ["Asked", "AskedCounts", "ask_all"]


def ask_all(
    teacher: Teacher,
    requests: Iterable[Request],
    journal: Journal,
    *,
    on_done: Callable[[Asked], None],
    spending: Spending | None = None,
) -> AskedCounts:
    """Ask every request that the journal does not answer.

    Args:
        teacher: Who is asked, at most `teacher.concurrency` requests at a time.
        requests: Pulled one by one as requests are done.
        journal: Holds each raw reply before it is read.
        on_done: Called for every request in the order of completion, in the event loop's thread.
        spending: Asked for room before each try; when there is none, the rest is not asked, and
            the counts say so.

    Returns:
        The counts of the run.

    Raises:
        ChemtuneError: No further request can be answered, or the journal cannot be written. What
            was in flight by then is finished and journaled first.
        Interrupted: Ctrl-C. What was answered by then is journaled.
    """
    run = Asking(teacher, requests, journal, on_done, spending)
    try:
        return run_to_end(run)
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted: {run.kept} replies of this run are kept, {len(journal)} in all, in "
            f"{journal.path}; run again to go on"
        ) from None
