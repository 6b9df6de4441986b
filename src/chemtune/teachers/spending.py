"""What asking needs of a budget: room is reserved before each try, and settled after it."""

from __future__ import annotations

from typing import Protocol

from chemtune.teachers.teacher import Reply, Request


class Spending(Protocol):
    """Money that may be spent; see `budget.Budget`."""

    def reserve(self, request: Request) -> float | None:
        """Set aside the worst case of a try, in US dollars; None where there is no room now."""
        ...

    def settle(self, reserved: float, reply: Reply | None) -> None:
        """Note what a try cost. None: it failed and may have been charged; all of it is spent."""
        ...

    def release(self, reserved: float) -> None:
        """Give back what was set aside for a try that was not charged."""
        ...

    def worst(self, request: Request) -> float:
        """Return the most that a try can cost, in US dollars."""
        ...


def no_room(worst_usd: float) -> str:
    """Say that a request which may cost so much has no room in the budget, and what to do."""
    return (
        f"the budget has no room for another request, which may cost {worst_usd:.2g} USD: raise "
        "budget_usd, or lower the teacher's max_tokens, and run again"
    )
