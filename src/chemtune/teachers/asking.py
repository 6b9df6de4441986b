"""One run of asking: workers that pull requests, send them, and try again what failed."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from chemtune.errors import ChemtuneError
from chemtune.progress import say
from chemtune.teachers.asked import Asked, AskedCounts
from chemtune.teachers.gate import Gate
from chemtune.teachers.journal import Entry, Journal, key_of
from chemtune.teachers.keeper import Keeper
from chemtune.teachers.limits import Limits
from chemtune.teachers.loop import cancel
from chemtune.teachers.pressure import Pressure
from chemtune.teachers.spending import Spending, no_room
from chemtune.teachers.teacher import Reply, Request, RequestRefused, Teacher, TryAgain

GRACE_S = 120.0
BACKOFF_CAP_S = 60.0
# Requests given up one after another, with no answer in between, end a run: the first number where
# none was answered yet, else the second. At the end only those that fail may be left.
GIVE_UP_AT_ONCE, GIVE_UP_LATER = 3, 20
ANSWER_TOKENS = 512


@dataclass
class _Try:
    """A request on its way: how often it failed, and who else waits for the same answer."""

    request: Request
    key: str
    canonical: dict[str, Any]
    answered: asyncio.Future[bytes]
    failures: int = 0
    answers_then: int = -1
    tokens: float = 0.0


@dataclass(order=True)
class _Due:
    at: float
    number: int
    attempt: _Try = field(compare=False)


class Asking:
    """One run; see `ask.ask_all` for the arguments."""

    def __init__(
        self,
        teacher: Teacher,
        requests: Iterable[Request],
        journal: Journal,
        on_done: Callable[[Asked], None],
        spending: Spending | None,
    ) -> None:
        self.teacher = teacher
        self.requests = iter(requests)
        self.on_done = on_done
        self.spending = spending
        self.counts = AskedCounts()
        self._journal = journal
        self._keeper = Keeper(journal)
        self._limits = getattr(teacher, "limits", None) or Limits()
        self._retries: int = getattr(teacher, "retries", 0)
        self._backoff_s: float = getattr(teacher, "backoff_s", 1.0)
        self._pressure = Pressure(max(1, teacher.concurrency))
        self._gate = Gate(self._pressure)
        self._turn = asyncio.Lock()
        self._again: list[_Due] = []
        self._answers = self._failed_in_row = self._number = 0
        self._exhausted = False
        self._failure: Exception | None = None
        self._workers: list[asyncio.Task[None]] = []
        self._in_flight: dict[str, asyncio.Future[bytes]] = {}
        self._task: asyncio.Task[AskedCounts] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def kept(self) -> int:
        """The replies that this run wrote to the journal."""
        return self._keeper.kept

    def cancel(self) -> None:
        """Stop from another thread."""
        cancel(self._loop, self._task)

    async def all(self) -> AskedCounts:
        """Ask everything; returns the counts."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        async with self.teacher:
            self._workers = [
                asyncio.create_task(self._work()) for _ in range(max(1, self.teacher.concurrency))
            ]
            try:
                await asyncio.wait(self._workers)
            finally:
                self._cancel_workers()
                await asyncio.gather(*self._workers, return_exceptions=True)
                await self._keeper.close()
        if self._failure is not None:
            raise self._failure
        return self.counts

    async def _work(self) -> None:
        """Send one request after another until there is none left or one failed for all."""
        try:
            while self._failure is None:
                await self._gate.enter()
                try:
                    attempt = await self._next()
                    if attempt is None:
                        return
                    await self._send(attempt)
                finally:
                    self._gate.leave()
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """End the run; what is in flight may still be answered."""
        if self._failure is None:
            self._failure = error
            grace_s = getattr(self.teacher, "timeout_s", GRACE_S)
            asyncio.get_running_loop().call_later(grace_s, self._cancel_workers)
            self._gate.open()

    def _cancel_workers(self) -> None:
        for worker in self._workers:
            worker.cancel()

    async def _next(self) -> _Try | None:
        """Return what is to be sent next: a failed try that is due, else a new request."""
        now = asyncio.get_running_loop().time()
        if self._again and self._again[0].at <= now:
            return heapq.heappop(self._again).attempt
        while self._failure is None and not self.counts.stopped:
            request = next(self.requests, None)
            if request is None:
                self._exhausted = True
                break
            attempt = await self._begin(request)
            if attempt is not None:
                return attempt
            # Replies out of the journal are awaited nowhere; let the others have their turn.
            await asyncio.sleep(0)
        if not self._again:
            return None
        due = heapq.heappop(self._again)
        await asyncio.sleep(max(0.0, due.at - asyncio.get_running_loop().time()))
        return due.attempt

    async def _begin(self, request: Request) -> _Try | None:
        """Return the first try of a request; None where its answer is there or on its way."""
        try:
            canonical = self.teacher.canonical(request)
            key = key_of(canonical)
        except RequestRefused as error:
            self._done(Asked(request, "", None, error.reason, False))
            return None
        in_flight = self._in_flight.get(key)
        if in_flight is not None:
            in_flight.add_done_callback(lambda done: self._told(request, key, done))
            return None
        raw = self._journal.get(key)
        if raw is not None:
            self._read(request, key, raw, from_journal=True)
            return None
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = answered
        self.counts.requests_sent += 1
        return _Try(request, key, canonical, answered)

    def _told(self, request: Request, key: str, done: asyncio.Future[bytes]) -> None:
        """Give a request the answer to an equal one that was in flight."""
        if done.cancelled():
            return
        error = done.exception()
        try:
            if error is None:
                self._read(request, key, done.result(), from_journal=True)
            elif isinstance(error, RequestRefused):
                self._done(Asked(request, key, None, error.reason, False))
        except Exception as problem:
            self._fail(problem)

    async def _send(self, attempt: _Try) -> None:
        """Try once; what comes of it is an answer, a refusal, a later try, or the run's end."""
        if self.spending is None:
            reserved: float | None = 0.0
        else:
            reserved = await self._room(attempt.request, self.spending)
        if reserved is None:
            self.counts.requests_sent -= 1
            self._in_flight.pop(attempt.key).cancel()
            return
        sent = await self._may_send(attempt)
        try:
            raw = await self.teacher.answer(attempt.request)
        except TryAgain as error:
            self._spent(reserved, None, charged=error.charged)
            self._failed(attempt, error, sent)
            return
        except RequestRefused as error:
            self._spent(reserved, None, charged=False)
            self._settle_without(attempt, error)
            return
        except BaseException as error:
            # Cancelled or broken: the server may answer all the same, and charge for it.
            self._spent(reserved, None, charged=True)
            self._settle_without(attempt, error)
            raise
        self._answers += 1
        self._failed_in_row = 0
        latency = asyncio.get_running_loop().time() - sent
        kept = self._keeper.keep(Entry(attempt.key, self.teacher.name, attempt.canonical, raw))
        kept.add_done_callback(lambda done: self._kept(attempt, done, latency, reserved))
        # A request is in flight until its reply is on disk: so many are lost at most in a crash.
        await asyncio.wait([kept])

    async def _room(self, request: Request, spending: Spending) -> float | None:
        """Reserve money; waits while others in flight may still give some back."""
        while True:
            reserved = spending.reserve(request)
            if reserved is not None:
                return reserved
            if self.counts.stopped or self._gate.inside <= 1 + len(self._again):
                self.counts.stopped = self.counts.stopped or no_room(spending.worst(request))
                return None
            # One of the others settles soon; the last one finds itself alone.
            self._gate.inside -= 1
            await asyncio.sleep(0.05)
            self._gate.inside += 1

    async def _may_send(self, attempt: _Try) -> float:
        """Wait until the limits allow a request; returns the time by the loop's clock."""
        limits = self._limits
        # One at a time, so that what the tokens are corrected by counts for all that follow.
        async with self._turn:
            attempt.tokens = _tokens(attempt, self.teacher) if limits.counts_tokens else 0.0
            wait = limits.take(attempt.tokens)
            while wait > 0:
                await asyncio.sleep(wait)
                wait = limits.held_s()
        return asyncio.get_running_loop().time()

    def _kept(
        self, attempt: _Try, kept: asyncio.Future[bytes], latency: float, reserved: float
    ) -> None:
        """Read a reply that is on disk, or end the run where it cannot be written."""
        try:
            raw = kept.result()
            reply = self._read(attempt.request, attempt.key, raw, from_journal=False)
        except Exception as error:
            self._spent(reserved, None, charged=True)
            self._settle_without(attempt, error)
            self._fail(error)
            return
        output = 0
        if reply is not None:
            output = reply.completion_tokens or 0
            self.counts.prompt_tokens += reply.prompt_tokens or 0
            self.counts.completion_tokens += output
            if attempt.tokens and reply.completion_tokens is not None:
                self._limits.used(attempt.tokens, (reply.prompt_tokens or 0) + output)
        # A reply that holds no text may have been charged all the same.
        self._spent(reserved, reply, charged=True)
        self._pressure.answered(latency, output)
        del self._in_flight[attempt.key]
        attempt.answered.set_result(raw)

    def _failed(self, attempt: _Try, error: TryAgain, sent: float) -> None:
        """Put a failed try back into the queue, or give its request up."""
        loop = asyncio.get_running_loop()
        if error.overloaded:
            self._pressure.overloaded(sent)
            if error.wait_s:
                self._limits.hold(error.wait_s)
        # An endpoint that turns requests away while it answers others only wants us slower.
        others = 0 <= attempt.answers_then < self._answers
        attempt.failures = 1 if error.overloaded and others else attempt.failures + 1
        attempt.answers_then = self._answers
        if attempt.failures > self._retries:
            self._give_up(attempt, error)
            return
        if not self._answers and not self.counts.tries_again:
            # Else a wrong address would be told only after all tries.
            say(f"{error.where or self.teacher.name}: {error.reason}; trying again")
        self.counts.tries_again += 1
        delay = min(self._backoff_s * 2.0 ** (attempt.failures - 1), BACKOFF_CAP_S)
        # Scattered, so that requests that failed together do not come back together.
        delay = (
            error.wait_s + random.uniform(0, self._backoff_s)
            if error.wait_s
            else (delay * random.uniform(0.5, 1))
        )
        self._number += 1
        heapq.heappush(self._again, _Due(loop.time() + delay, self._number, attempt))

    def _give_up(self, attempt: _Try, error: TryAgain) -> None:
        self._failed_in_row += 1
        tries = f"after {self._retries + 1} tries" if self._retries else "at the first try"
        text = f"no answer from {error.where or self.teacher.name} {tries}: {error.reason}"
        most = GIVE_UP_LATER if self._answers else GIVE_UP_AT_ONCE
        only_these = self._exhausted and self._answers > 0
        if error.answered and (self._failed_in_row < most or only_these):
            self._settle_without(attempt, RequestRefused(text))
            return
        fatal = ChemtuneError(f"{text}; what is journaled is kept, run again to go on")
        self._settle_without(attempt, fatal)
        raise fatal

    def _settle_without(self, attempt: _Try, error: BaseException) -> None:
        """End a request that gets no answer."""
        self._in_flight.pop(attempt.key, None)
        if isinstance(error, RequestRefused):
            self._done(Asked(attempt.request, attempt.key, None, error.reason, False))
        if isinstance(error, asyncio.CancelledError):
            attempt.answered.cancel()
        else:
            attempt.answered.set_exception(error)
            # Looked at here, for asyncio complains of errors that nobody looks at.
            attempt.answered.exception()

    def _read(self, request: Request, key: str, raw: bytes, *, from_journal: bool) -> Reply | None:
        reply, refused = None, None
        try:
            reply = self.teacher.read(raw)
        except RequestRefused as error:
            refused = error.reason
        self._done(Asked(request, key, reply, refused, from_journal))
        return reply

    def _done(self, asked: Asked) -> None:
        self.counts.replies_from_journal += asked.from_journal
        self.counts.refused += asked.refused is not None
        self.on_done(asked)

    def _spent(self, reserved: float, reply: Reply | None, *, charged: bool) -> None:
        if self.spending is None:
            return
        if charged:
            self.spending.settle(reserved, reply)
        else:
            self.spending.release(reserved)


def _tokens(attempt: _Try, teacher: Teacher) -> float:
    """What servers count of a request before it is answered: the prompt and the longest reply."""
    characters = sum(len(message["content"]) for message in attempt.request.messages)
    most = getattr(teacher, "max_tokens", None) or ANSWER_TOKENS
    return float(characters / 4 + most)
