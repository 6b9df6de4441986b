"""How many requests may be in flight: more while all goes well, fewer at signs of overload."""

from __future__ import annotations

import time
from collections.abc import Callable

FIRST = 64
DECREASE = 0.5
GENTLE_DECREASE = 0.8
# A server that batches answers slower when it is full, and still more in all; so only a latency
# of several times the best one tells of a queue.
SLOW_FACTOR = 4.0
LATENCY_WEIGHT = 0.1
BEST_FORGETS = 1.0001


class Pressure:
    """Additive increase, multiplicative decrease of the requests in flight, as in TCP.

    It begins with `FIRST` and adds one for every answer (which doubles with each round) until the
    first sign of overload, then one a round. Signs are a 429 or 503, and latency that rises to
    `SLOW_FACTOR` times the best. Requests that were sent before the last decrease tell nothing new.

    Args:
        most: Never more than so many, 1 or more.
        clock: Seconds, for tests.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self._clock = clock
        self._allowed = float(min(most, FIRST))
        self._slow_start = True
        self._decreased = float("-inf")
        self._best: float | None = None
        self._latency: float | None = None

    @property
    def allowed(self) -> int:
        """How many requests may be in flight now, from 1 to `most`."""
        return int(self._allowed)

    def answered(self, took_s: float, tokens: int) -> None:
        """Note an answer that came after `took_s` seconds with so many output tokens."""
        # By token, for a long answer is no sign of a queue; +20 stands for reading the prompt.
        sent, latency = self._clock() - took_s, took_s / (tokens + 20)
        self._best = latency if self._best is None else min(self._best * BEST_FORGETS, latency)
        known = latency if self._latency is None else self._latency
        self._latency = known + LATENCY_WEIGHT * (latency - known)
        if self._latency > SLOW_FACTOR * self._best:
            self._decrease(sent, GENTLE_DECREASE)
        elif self._slow_start:
            self._allowed = min(self._allowed + 1.0, self.most)
        else:
            self._allowed = min(self._allowed + 1.0 / self._allowed, self.most)

    def overloaded(self, sent: float) -> None:
        """Note that a request sent at `sent` (of the clock) was turned away."""
        self._decrease(sent, DECREASE)

    def _decrease(self, sent: float, factor: float) -> None:
        if sent <= self._decreased:
            return
        self._decreased = self._clock()
        self._slow_start = False
        self._allowed = max(1.0, self._allowed * factor)
