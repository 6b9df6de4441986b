"""A cap in money that is never passed: the worst case of each try is reserved before it is sent.

What is spent stands in the journal's file, one row for each run of asking, so that the cap counts
over runs and over processes that share the journal. A row is raised before the money is needed, in
steps, so that the disk is not waited for at every request; a run that ends well sets it to what was
spent, and one that is killed leaves it as it was: what it may have spent counts as spent. A run
without a cap keeps its row too, for a later one with the same journal may have one.
"""

from __future__ import annotations

import uuid

from chemtune.teachers.journal import Journal
from chemtune.teachers.prices import Price
from chemtune.teachers.teacher import Reply, Request

STEPS = 50
# Of a run without a cap: so many requests ahead, until a fiftieth of what is needed is more.
REQUESTS_AHEAD = 10
# Roles, separators and names around a message, in any chat template that is known.
TOKENS_AROUND_MESSAGE = 32


class Budget:
    """Money for one run of asking; satisfies `spending.Spending`.

    Args:
        price: Of the model.
        most_output: The most tokens of a reply.
        journal: Holds the rows.
        cap_usd: What may be spent in all with this journal; None counts without a cap.
    """

    def __init__(
        self, price: Price, most_output: int, journal: Journal, cap_usd: float | None
    ) -> None:
        self.price = price
        self.cap_usd = cap_usd
        self.spent = 0.0
        self._most_output = most_output
        self._journal = journal
        self._row = uuid.uuid4().hex
        self._reserved = 0.0
        self._noted = 0.0

    def reserve(self, request: Request) -> float | None:
        """Set aside the worst case of a try, in US dollars; None where there is no room now."""
        worst = self.worst(request)
        need = self.spent + self._reserved + worst
        if need > self._noted and not self._raise_to(need, worst):
            return None
        self._reserved += worst
        return worst

    def settle(self, reserved: float, reply: Reply | None) -> None:
        """Note what a try cost. None, or no word of tokens: all that was reserved is spent."""
        cost = self.price.of_reply(reply) if reply else None
        self._reserved -= reserved
        self.spent += reserved if cost is None else cost

    def release(self, reserved: float) -> None:
        """Give back what was set aside for a try that was not charged."""
        self._reserved -= reserved

    def close(self) -> None:
        """Write down what was spent, in place of what might have been."""
        self._journal.note_spending(self._row, self.spent, None)

    def worst(self, request: Request) -> float:
        """Return the most that a try can cost; see `worst_case`."""
        return worst_case(request, self.price, self._most_output)

    def _raise_to(self, need: float, worst: float) -> bool:
        """Write a higher row, a step ahead where there is room, else as much as is needed."""
        if self.cap_usd is None:
            step = max(need / STEPS, REQUESTS_AHEAD * worst)
        else:
            step = self.cap_usd / STEPS
        for ahead in (need + step, need):
            if self._journal.note_spending(self._row, ahead, self.cap_usd):
                self._noted = ahead
                return True
        return False


def worst_case(request: Request, price: Price, most_output: int) -> float:
    """Return the most that a try can cost, in US dollars.

    A token stands for at least one byte of UTF-8 in byte-level vocabularies, and in others for
    one character or one byte of it; so the bytes are an upper bound of the tokens.

    Args:
        request: What is asked.
        price: Of the model.
        most_output: The most tokens of a reply.
    """
    prompt = sum(
        len(message["content"].encode(errors="replace")) + TOKENS_AROUND_MESSAGE
        for message in request.messages
    )
    if request.schema is not None:
        prompt += len(str(request.schema).encode())
    return price.of(prompt, most_output)
