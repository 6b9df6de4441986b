"""Asks a teacher many requests at once, with the journal before and after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from chemtune.errors import Interrupted
from chemtune.teachers.journal import Entry, Journal, key_of
from chemtune.teachers.teacher import Reply, Request, RequestRefused, Teacher

GRACE_S = 120.0


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
    that were sent for in this run, as far as the teacher tells them.
    """

    requests_sent: int = 0
    replies_from_journal: int = 0
    refused: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: AskedCounts) -> AskedCounts:
        """Return the counts of both."""
        mine, theirs = asdict(self), asdict(other)
        return AskedCounts(**{name: mine[name] + theirs[name] for name in mine})


def ask_all(
    teacher: Teacher,
    requests: Iterable[Request],
    journal: Journal,
    *,
    on_done: Callable[[Asked], None],
) -> AskedCounts:
    """Ask every request that the journal does not answer.

    Args:
        teacher: Who is asked, `teacher.concurrency` requests at a time.
        requests: Pulled one by one as requests are done.
        journal: Holds each raw reply before it is read.
        on_done: Called for every request in the order of completion, in the event loop's thread.

    Returns:
        The counts of the run.

    Raises:
        ChemtuneError: No further request can be answered, or the journal cannot be written. What
            was in flight by then is finished and journaled first.
        Interrupted: Ctrl-C. What was answered by then is journaled.
    """
    run = _Run(teacher, requests, journal, on_done)
    try:
        return _run_to_end(run)
    except KeyboardInterrupt:
        raise Interrupted(
            f"interrupted: {run.kept} replies of this run are kept, {len(journal)} in all, in "
            f"{journal.path}; run again to go on"
        ) from None


def _run_to_end(run: _Run) -> AskedCounts:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run.all())
    # A notebook has a loop of its own in this thread, and loops do not nest.
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(lambda: asyncio.run(run.all()))
        try:
            return result.result()
        except KeyboardInterrupt:
            run.cancel()
            raise


class _Run:
    def __init__(
        self,
        teacher: Teacher,
        requests: Iterable[Request],
        journal: Journal,
        on_done: Callable[[Asked], None],
    ) -> None:
        self.teacher = teacher
        self.requests = iter(requests)
        self.journal = journal
        self.on_done = on_done
        self.counts = AskedCounts()
        self.kept = 0
        self._failure: Exception | None = None
        self._workers: list[asyncio.Task[None]] = []
        self._in_flight: dict[str, asyncio.Future[bytes]] = {}
        self._waiting: list[tuple[Entry, asyncio.Future[bytes]]] = []
        self._task: asyncio.Task[AskedCounts] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def cancel(self) -> None:
        """Stop from another thread."""
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def all(self) -> AskedCounts:
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
                self._commit()
        if self._failure is not None:
            raise self._failure
        return self.counts

    async def _work(self) -> None:
        """Ask one request after another until there is none left or one failed for all."""
        try:
            while self._failure is None:
                request = next(self.requests, None)
                if request is None:
                    return
                self._done(await self._ask(request))
                # Replies out of the journal are awaited nowhere; let the others have their turn.
                await asyncio.sleep(0)
        except Exception as error:
            if self._failure is None:
                self._failure = error
                grace_s = getattr(self.teacher, "timeout_s", GRACE_S)
                asyncio.get_running_loop().call_later(grace_s, self._cancel_workers)

    def _cancel_workers(self) -> None:
        for worker in self._workers:
            worker.cancel()

    def _done(self, asked: Asked) -> None:
        self.counts.replies_from_journal += asked.from_journal
        self.counts.refused += asked.refused is not None
        if asked.reply is not None and not asked.from_journal:
            self.counts.prompt_tokens += asked.reply.prompt_tokens or 0
            self.counts.completion_tokens += asked.reply.completion_tokens or 0
        self.on_done(asked)

    async def _ask(self, request: Request) -> Asked:
        key, reply, refused, from_journal = "", None, None, False
        try:
            canonical = self.teacher.canonical(request)
            key = key_of(canonical)
            raw = await self._known(key)
            from_journal = raw is not None
            if raw is None:
                raw = await self._send(request, key, canonical)
            reply = self.teacher.read(raw)
        except RequestRefused as error:
            refused = error.reason
        return Asked(request, key, reply, refused, from_journal)

    async def _known(self, key: str) -> bytes | None:
        """Return the reply in the journal, or the one that an equal request in flight will get."""
        in_flight = self._in_flight.get(key)
        return self.journal.get(key) if in_flight is None else await asyncio.shield(in_flight)

    async def _send(self, request: Request, key: str, canonical: dict[str, Any]) -> bytes:
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = answered
        self.counts.requests_sent += 1
        try:
            raw = await self.teacher.answer(request)
            raw = await self._journaled(Entry(key, self.teacher.name, canonical, raw))
        except Exception as error:
            answered.set_exception(error)
            # Looked at here, for asyncio complains of errors that nobody looks at.
            answered.exception()
            raise
        except asyncio.CancelledError:
            answered.cancel()
            raise
        finally:
            del self._in_flight[key]
        answered.set_result(raw)
        return raw

    async def _journaled(self, entry: Entry) -> bytes:
        """Return the reply once it is on disk.

        Replies that come in the same turn of the loop are committed together, so that a thousand
        requests in flight wait for a few syncs of the disk and not for a thousand.
        """
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[bytes] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._commit)
        self._waiting.append((entry, kept))
        return await kept

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            replies = self.journal.put_all([entry for entry, _ in waiting])
        except Exception as error:
            for _, kept in waiting:
                if not kept.done():
                    kept.set_exception(error)
            return
        self.kept += len(replies)
        for (_, kept), raw in zip(waiting, replies, strict=True):
            if not kept.done():
                kept.set_result(raw)
