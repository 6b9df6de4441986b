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
