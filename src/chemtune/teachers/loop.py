"""Running asynchronous work to its end from code that is not, in a notebook too."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from chemtune.teachers.asked import AskedCounts


class Run(Protocol):
    """Work that can be stopped from another thread."""

    def all(self) -> Coroutine[Any, Any, AskedCounts]:
        """Do all of it; returns the counts."""
        ...

    def cancel(self) -> None:
        """Stop it."""
        ...


def run_to_end(run: Run) -> AskedCounts:
    """Do all of a run's work; Ctrl-C stops it and is raised on."""
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


def cancel(loop: asyncio.AbstractEventLoop | None, task: asyncio.Task[Any] | None) -> None:
    """Cancel a task of a loop that runs in another thread."""
    if loop is not None and task is not None and not loop.is_closed():
        loop.call_soon_threadsafe(task.cancel)
