"""What came of requests, one by one and counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from chemtune.teachers.teacher import Reply, Request


@dataclass(frozen=True)
class Asked:
    """A request and what came of it: a reply, or the reason why there is none.

    `key` is the journal's; it is empty for a request that cannot be written as JSON.
    `from_journal` also holds for a request equal to one in flight, which is not sent again.
    """

    request: Request
    key: str
    reply: Reply | None
    refused: str | None
    from_journal: bool


@dataclass
class AskedCounts:
    """What a run asked.

    `refused` counts all requests without a reply, journaled or not. Tokens are those of replies
    that were sent for in this run, as far as the teacher tells them. `cost_usd` is what replies
    that came in this run cost, those of earlier batches among them, and what failed tries may
    have cost; 0 where the price is not known. `tries_again` counts the tries after the first.
    `stopped` says why not everything was asked, or is "".
    """

    requests_sent: int = 0
    replies_from_journal: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    tries_again: int = 0
    stopped: str = ""

    def __add__(self, other: AskedCounts) -> AskedCounts:
        """Return the counts of both."""
        mine, theirs = asdict(self), asdict(other)
        stopped = mine.pop("stopped") or theirs.pop("stopped")
        return AskedCounts(**{name: mine[name] + theirs[name] for name in mine}, stopped=stopped)
