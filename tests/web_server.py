"""A server of a run's pages, in a process of its own, for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# What the command does, with its address on standard output.
SERVE = """
import json, sys
from chemtune.web.serve import review
options = json.loads(sys.argv[2])
review(sys.argv[1], browser=False, on_start=lambda url: print(url, flush=True), **options)
"""
# A random model may draw the token that ends an answer at any time.
ENDLESS = """
from chemtune.use import streaming
streaming.stop_ids = lambda student: set()
"""
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "CHEMTUNE_LANGUAGE": "en"}


@dataclass
class Server:
    """A server of a run.

    Attributes:
        url: Its address as it says it, with the token where there is one.
        process: Its process.
    """

    url: str
    process: subprocess.Popen[str]

    @property
    def address(self) -> str:
        """The address without a path."""
        return self.url.split("/?")[0].rstrip("/")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)


@contextmanager
def served(run: Path, *, endless: bool = False, **options: object) -> Iterator[Server]:
    """Serve a run; `options` are those of `review`. Endless answers do not end by themselves."""
    code = ENDLESS + SERVE if endless else SERVE
    command = [sys.executable, "-c", code, str(run), json.dumps({"port": 0} | options)]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(process.stdout.readline().strip(), process)
        except BaseException:
            process.kill()
            raise
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            # A model that is being loaded by then is waited for.
            assert process.wait(60) == 0
