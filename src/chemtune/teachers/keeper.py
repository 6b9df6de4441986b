"""Group commit: replies that arrive while the disk syncs share the next sync."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from chemtune.teachers.journal import Entry, Journal


class Keeper:
    """Writes to the journal from a thread of its own, so that the event loop does not wait."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.kept = 0
        self._waiting: list[tuple[Entry, asyncio.Future[bytes]]] = []
        self._running: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "journal")

    def keep(self, entry: Entry) -> asyncio.Future[bytes]:
        """Hand over a reply; the future holds it once it is on disk (or an earlier one)."""
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[bytes] = loop.create_future()
        self._waiting.append((entry, kept))
        if self._running is None:
            self._running = loop.create_task(self._commit_all())
        return kept

    async def close(self) -> None:
        """Write what waits, whatever happened to those who wait for it."""
        if self._running is None and self._waiting:
            self._running = asyncio.get_running_loop().create_task(self._commit_all())
        if self._running is not None:
            await self._running
        self._thread.shutdown()

    async def _commit_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            entries = [entry for entry, _ in waiting]
            try:
                replies = await loop.run_in_executor(self._thread, self._put, entries)
            except Exception as error:
                replies = [error] * len(entries)
            for (_, kept), raw in zip(waiting, replies, strict=True):
                if kept.done():
                    continue
                if isinstance(raw, Exception):
                    kept.set_exception(raw)
                else:
                    kept.set_result(raw)
        self._running = None

    def _put(self, entries: list[Entry]) -> list[bytes | Exception]:
        """Commit all together, or where that fails each alone: what fits on the disk is kept."""
        try:
            replies: list[bytes | Exception] = list(self.journal.put_all(entries))
        except Exception:
            replies = [self._put_one(entry) for entry in entries]
        self.kept += sum(isinstance(raw, bytes) for raw in replies)
        return replies

    def _put_one(self, entry: Entry) -> bytes | Exception:
        try:
            return self.journal.put_all([entry])[0]
        except Exception as error:
            return error
