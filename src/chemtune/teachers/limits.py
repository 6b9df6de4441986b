"""Requests and tokens a minute: when the next request may be sent."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

from chemtune.teachers.wire import retry_after_s

BURST_S = 1.0
RESET_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
Clock = Callable[[], float]


class PerMinute:
    """One budget of units a minute, spent evenly, with a burst of `BURST_S` seconds' worth.

    It is the generic cell rate algorithm (ITU-T I.371, where it polices cells of ATM): one number,
    the time at which the budget will have caught up with all that was taken, is the whole state.

    Args:
        limit: Units a minute, or None for no limit until one is told.
        clock: Seconds, for tests.
    """

    def __init__(self, limit: float | None, clock: Clock = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._caught_up = clock()

    def take(self, units: float) -> float:
        """Take units, and return the seconds to wait until they may be used."""
        if self.limit is None:
            return 0.0
        now = self._clock()
        wait = max(0.0, self._caught_up - BURST_S - now)
        self._caught_up = max(self._caught_up, now) + units * 60.0 / self.limit
        return wait

    def correct(self, units: float) -> None:
        """Take `units` more than was thought, or give back where negative."""
        if self.limit is not None:
            self._caught_up += units * 60.0 / self.limit

    def told(self, limit: float | None, remaining: float | None, reset_s: float | None) -> None:
        """Learn what the server says; its limit counts where it is lower than the one known.

        Args:
            limit: Units a minute that it allows.
            remaining: Units that are left now.
            reset_s: Seconds until all of them are there again.
        """
        if limit is not None and limit > 0:
            self.limit = limit if self.limit is None else min(self.limit, limit)
        if remaining is not None and remaining <= 0 and reset_s is not None:
            # The server is behind what we thought: nothing more until a first unit is back.
            wait = reset_s if self.limit is None else min(reset_s, 60.0 / self.limit)
            self._caught_up = max(self._caught_up, self._clock() + BURST_S + wait)


class Limits:
    """The budgets of one endpoint, and the pause that it asks for.

    Args:
        rpm: Requests a minute; None until the server tells.
        tpm: Tokens a minute, prompts and replies; None until the server tells.
        clock: Seconds, for tests.
    """

    def __init__(
        self, rpm: float | None = None, tpm: float | None = None, clock: Clock = time.monotonic
    ) -> None:
        self.requests = PerMinute(rpm, clock)
        self.tokens = PerMinute(tpm, clock)
        self._clock = clock
        self._held_until = clock()

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are limited, so that an estimate of them is needed."""
        return self.tokens.limit is not None

    def take(self, tokens: float) -> float:
        """Take one request of about so many tokens; return the seconds until it may be sent."""
        return max(self.requests.take(1), self.tokens.take(tokens), self.held_s())

    def used(self, thought: float, tokens: float) -> None:
        """Correct the estimate of a request by the tokens that it used."""
        self.tokens.correct(tokens - thought)

    def held_s(self) -> float:
        """Return the seconds that the server still wants no request at all."""
        return max(0.0, self._held_until - self._clock())

    def hold(self, wait_s: float) -> None:
        """Send nothing for so many seconds."""
        self._held_until = max(self._held_until, self._clock() + wait_s)

    def told(self, headers: Mapping[str, str]) -> None:
        """Learn from the headers of a reply: those of OpenAI, and of servers that follow it."""
        if "x-ratelimit-limit-requests" in headers or "x-ratelimit-remaining-requests" in headers:
            self.requests.told(*_of(headers, "requests"))
        if "x-ratelimit-limit-tokens" in headers or "x-ratelimit-remaining-tokens" in headers:
            self.tokens.told(*_of(headers, "tokens"))


def _of(headers: Mapping[str, str], what: str) -> tuple[float | None, float | None, float | None]:
    limit = _number(headers.get(f"x-ratelimit-limit-{what}"))
    remaining = _number(headers.get(f"x-ratelimit-remaining-{what}"))
    return limit, remaining, reset_seconds(headers.get(f"x-ratelimit-reset-{what}"))


def _number(value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def reset_seconds(value: str | None) -> float | None:
    """Return the seconds of "250ms", "6m0s", "1h2m3s", "7" or a date; None where it is none."""
    if not value:
        return None
    parts = RESET_PART.findall(value)
    if parts and "".join(number + unit for number, unit in parts) == value:
        return sum(float(number) * UNIT_S[unit] for number, unit in parts)
    return retry_after_s(value)
