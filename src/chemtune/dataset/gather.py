"""Asking: every request of a build that the journal does not answer goes to its teacher."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from chemtune.progress import progress
from chemtune.teachers.ask import Asked, AskedCounts, ask_all
from chemtune.teachers.batch import BatchTeacher
from chemtune.teachers.batching import ask_in_batches
from chemtune.teachers.budget import Budget
from chemtune.teachers.journal import Journal, key_of
from chemtune.teachers.prices import Price
from chemtune.teachers.teacher import Reply, Request, RequestRefused, Teacher


class NotAsked(RequestRefused):
    """A request that was not put to the teacher."""


@dataclass
class Bought:
    """What a teacher said: its replies in the journal, and why others are not there.

    Attributes:
        teacher: Who was asked.
        journal: Holds the replies.
        price: What the teacher costs, where known.
        terms: What the teacher's terms say of training on its replies, or "".
        refused: By document and task, why there is no reply.
        stopped: Why not everything was asked, or "".
    """

    teacher: Teacher | BatchTeacher
    journal: Journal
    price: Price | None = None
    terms: str = ""
    refused: dict[tuple[str, str], str] = field(default_factory=dict)
    stopped: str = ""

    def reply(self, request: Request) -> tuple[str, Reply]:
        """Return the journal's key of a request, and its reply.

        Raises:
            NotAsked: The request was not put to the teacher; says why.
            RequestRefused: There is no reply to it; says why.
        """
        key = key_of(self.teacher.canonical(request))
        raw = self.journal.get(key)
        if raw is None:
            why = self.refused.get((request.document, request.task))
            if why is None:
                raise NotAsked(self.stopped or "the journal holds no reply")
            raise RequestRefused(why)
        return key, self.teacher.read(raw)


def gather(
    bought: Bought, requests: Iterable[Request], total: int, cap_usd: float | None = None
) -> AskedCounts:
    """Ask the teacher for what its journal does not hold; returns what it took.

    Args:
        bought: Takes the reasons of what is refused.
        requests: Pulled lazily.
        total: Their number, for the progress.
        cap_usd: What the journal's replies may cost in all, in US dollars; None is any amount.
    """
    with progress(f"Asking the teacher ({bought.teacher.name})", total, "requests") as advance:

        def on_done(asked: Asked) -> None:
            if asked.reply is None:
                key = asked.request.document, asked.request.task
                bought.refused[key] = asked.refused or "no reply"
            advance(note="from the journal" if asked.from_journal else "")

        counts = _ask(bought, requests, on_done, cap_usd)
    bought.stopped = counts.stopped
    return counts


def _ask(
    bought: Bought,
    requests: Iterable[Request],
    on_done: Callable[[Asked], None],
    cap_usd: float | None,
) -> AskedCounts:
    teacher, journal, price = bought.teacher, bought.journal, bought.price
    if isinstance(teacher, BatchTeacher):
        return ask_in_batches(
            teacher, requests, journal, on_done=on_done, price=price, cap_usd=cap_usd
        )
    if price is None or not (price.input or price.output):
        return ask_all(teacher, requests, journal, on_done=on_done)
    budget = Budget(price, getattr(teacher, "max_tokens", 0), journal, cap_usd)
    try:
        counts = ask_all(teacher, requests, journal, on_done=on_done, spending=budget)
    finally:
        budget.close()
    return replace(counts, cost_usd=budget.spent)
