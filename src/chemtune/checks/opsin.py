"""OPSIN, which reads systematic names, as a process that answers one name a line.

It is optional: without Java or the package that brings its jar (the extra `names`), nobody answers.
"""

from __future__ import annotations

import atexit
import contextlib
import select
import shutil
import subprocess
import threading
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

# The virtual machine takes half a second to start, a name some milliseconds.
START_S, ANSWER_S = 30.0, 5.0
MOST_CHARACTERS = 300


class Opsin:
    """A running OPSIN; `structure` may be called from several threads."""

    def __init__(self, java: str, jar: Path) -> None:
        """Start it."""
        self._lock = threading.Lock()
        self._wait_s = START_S
        self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
            [java, "-Xmx256m", "-Dfile.encoding=UTF-8", "-jar", str(jar), "-osmi"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self.close)

    def structure(self, name: str) -> str:
        """Return the SMILES of a systematic name, or "" where it is none or nobody answers."""
        line = " ".join(name.split())
        if not line or len(line) > MOST_CHARACTERS or not line.isascii():
            return ""
        with self._lock:
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                return ""
            try:
                process.stdin.write(line.encode() + b"\n")
                process.stdin.flush()
                ready, _, _ = select.select([process.stdout], [], [], self._wait_s)
                said = process.stdout.readline() if ready else b""
            except OSError:
                said = b""
            if not said.endswith(b"\n"):
                # It hangs or has ended: an answer that comes late would be taken for the next one.
                self.close()
            self._wait_s = ANSWER_S
            return said.decode(errors="replace").strip()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()


@lru_cache(maxsize=1)
def opsin() -> Opsin | None:
    """Return OPSIN, started at the first call, or None where it is not installed."""
    found = find_spec("py2opsin")
    java = shutil.which("java")
    if java is None or found is None or not found.submodule_search_locations:
        return None
    jars = sorted(Path(next(iter(found.submodule_search_locations))).glob("opsin-cli-*.jar"))
    try:
        return Opsin(java, jars[-1]) if jars else None
    except OSError:
        return None
