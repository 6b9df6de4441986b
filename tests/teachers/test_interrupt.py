from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import chemtune
from chemtune.errors import Interrupted
from chemtune.teachers.ask import Asked, ask_all
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Request

if TYPE_CHECKING:
    from chat_server import ChatServer

    TeacherOf = Callable[..., EndpointTeacher]
    RequestsOf = Callable[..., list[Request]]


def test_a_caller_that_interrupts_in_a_notebook(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how() if number < 2 else server.how(hang=True)
    done: list[Asked] = []

    def count(asked: Asked) -> None:
        done.append(asked)
        if len(done) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    async def notebook() -> None:
        ask_all(teacher_of(timeout_s=60.0), requests_of(*"abcd"), journal, on_done=count)

    # As in a notebook's kernel: asyncio.run would take SIGINT for itself.
    loop = asyncio.new_event_loop()
    # A shell starts what it puts in the background with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(Interrupted, match="2 replies of this run are kept"):
            loop.run_until_complete(notebook())
    finally:
        signal.signal(signal.SIGINT, before)
        loop.close()


SCRIPT = """
import signal, sys
from pathlib import Path
from chemtune.errors import Interrupted
from chemtune.teachers.ask import ask_all
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal
from chemtune.teachers.teacher import Request

signal.signal(signal.SIGINT, signal.default_int_handler)
requests = [Request("t", str(n), ({"role": "user", "content": str(n)},)) for n in range(12)]
with Journal(Path(sys.argv[2])) as journal:
    teacher = EndpointTeacher(sys.argv[1], "m", api_key=None, concurrency=4)
    try:
        ask_all(teacher, requests, journal, on_done=lambda asked: None)
    except Interrupted as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
"""


def test_ctrl_c_keeps_the_replies_and_a_second_run_goes_on(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, tmp_path: Path
) -> None:
    server.behave = lambda number, body: server.how() if number < 5 else server.how(hang=True)
    path = tmp_path / "journal.sqlite"
    source = str(Path(chemtune.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, server.url, str(path)],
        env=os.environ | {"PYTHONPATH": source},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 10
    while len(server.bodies) < 9 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, "")
    assert err == (
        f"interrupted: 5 replies of this run are kept, 5 in all, in {path}; run again to go on\n"
    )
    server.behave = lambda number, body: server.how()
    with Journal(path) as journal:
        teacher = teacher_of(api_key=None)
        texts = [str(number) for number in range(12)]
        counts = ask_all(teacher, requests_of(*texts), journal, on_done=lambda asked: None)
    assert (counts.requests_sent, counts.replies_from_journal) == (7, 5)
