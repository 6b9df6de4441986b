"""The gate that keeps requests in flight below what the pressure allows."""

from __future__ import annotations

import asyncio
from collections import deque

from chemtune.teachers.pressure import Pressure


class Gate:
    """Lets in as many as `pressure.allowed` says, which changes while they wait."""

    def __init__(self, pressure: Pressure) -> None:
        self.inside = 0
        self._pressure = pressure
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._open = False

    async def enter(self) -> None:
        """Wait until there is room, and go in."""
        while self.inside >= self._pressure.allowed and not self._open:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter
        self.inside += 1

    def leave(self) -> None:
        """Go out, and let in who waits."""
        self.inside -= 1
        self._let_in(self._pressure.allowed - self.inside)

    def open(self) -> None:
        """Let everybody in, for nothing is sent any more."""
        self._open = True
        self._let_in(len(self._waiting))

    def _let_in(self, count: int) -> None:
        while self._waiting and count > 0:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                count -= 1
