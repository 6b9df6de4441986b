"""Work in a process of its own: what it ruins or fills is its alone, and its memory can be told."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from chemtune.errors import ChemtuneError, Interrupted

Told = TypeVar("Told")
Asked = TypeVar("Asked")
PRELOADED = ["chemtune.tuning.tune", "chemtune.evaluation.evaluate", "transformers", "peft"]


def in_own_process(work: Callable[[Asked], Told], asked: Asked) -> Told:
    """Return `work(asked)`, computed in a process of its own.

    It ends when this one does, however that ends. Ctrl-C is passed on to it once, and it may finish
    what it is about; a second Ctrl-C kills it.

    Raises:
        Interrupted: Ctrl-C.
        ChemtuneError: The work failed, with its reason; or its process was killed.
    """
    context = _context()
    ours, its = context.Pipe()
    process = context.Process(target=_work, args=(its, work, asked))
    try:
        process.start()
    except (BrokenPipeError, ConnectionError, EOFError) as error:
        # What begins them all was killed, from outside or for want of memory.
        raise ChemtuneError("no process can be begun any more; start the grid again") from error
    finally:
        its.close()
    interrupted = False
    state: str
    told: Any
    try:
        while True:
            try:
                ready = wait([ours, process.sentinel])
                break
            except KeyboardInterrupt:
                if interrupted:
                    raise
                interrupted = True
                os.kill(process.pid or 0, signal.SIGINT)
        state, told = ours.recv() if ours in ready or ours.poll() else ("killed", "")
        process.join()
    except EOFError:
        process.join()
        state, told = "killed", ""
    finally:
        if process.is_alive():
            process.kill()
            process.join()
    if state == "interrupted" or interrupted:
        raise Interrupted(told if isinstance(told, str) and told else "interrupted")
    if state == "killed":
        raise ChemtuneError(_death(process.exitcode))
    if state == "failed":
        raise ChemtuneError(told)
    result: Told = told
    return result


def _context() -> Any:
    """Processes begin as copies of one that has the libraries loaded and runs nothing."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _work(connection: Connection, work: Callable[[Any], Any], asked: Any) -> None:
    # The terminal's Ctrl-C goes to the one who started us, and from there to us.
    os.setpgid(0, 0)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    try:
        connection.send(("done", work(asked)))
    except (Interrupted, KeyboardInterrupt) as error:
        connection.send(("interrupted", str(error)))
    except ChemtuneError as error:
        connection.send(("failed", str(error)))
    except Exception as error:
        traceback.print_exc()
        connection.send(("failed", f"{type(error).__name__}: {error}"))


def _end_with(sentinel: Any) -> None:
    wait([sentinel])
    os._exit(1)


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        more = ", for want of memory perhaps" if -code == signal.SIGKILL else ""
        return f"its process was killed ({name}{more})"
    return f"its process ended without a word (exit code {code})"
