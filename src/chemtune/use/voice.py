"""The model of a server: one answer at a time, in a thread of its own, in the order of asking."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from chemtune.use.streaming import Answer, Decoding, Speaker


@dataclass
class Voice:
    """Answers one request after the other.

    Attributes:
        waiting: Requests that are answered or wait for it.
    """

    waiting: int = 0
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="voice")
    )
    _closing: threading.Event = field(default_factory=threading.Event)

    async def answer(
        self, speaker: Speaker, prompt: list[int], decoding: Decoding, answer: Answer
    ) -> AsyncGenerator[str, None]:
        """Yield the pieces of an answer; one that is left before its end is stopped.

        Raises:
            Exception: What the model raised.
        """
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        stop = threading.Event()

        def tell(piece: str | Exception | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(pieces.put_nowait, piece)

        def speak() -> None:
            def cancelled() -> bool:
                return stop.is_set() or self._closing.is_set()

            try:
                for piece in speaker.stream(prompt, decoding, answer, cancelled):
                    tell(piece)
            except Exception as error:  # of any library: it is raised again where it is awaited
                tell(error)
            tell(None)

        spoken = self._pool.submit(speak)
        self.waiting += 1
        try:
            while (piece := await pieces.get()) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.waiting -= 1
            stop.set()
            spoken.cancel()

    def stop(self) -> None:
        """End all answers at their next token."""
        self._closing.set()

    def close(self) -> None:
        """End all answers, and wait for the thread."""
        self.stop()
        self._pool.shutdown(wait=True, cancel_futures=True)
