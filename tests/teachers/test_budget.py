from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import chemtune
from chemtune.teachers.ask import Asked, ask_all
from chemtune.teachers.budget import Budget
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal
from chemtune.teachers.prices import Price, listed_price
from chemtune.teachers.teacher import Reply, Request

if TYPE_CHECKING:
    from chat_server import ChatServer

    TeacherOf = Callable[..., EndpointTeacher]
    RequestsOf = Callable[..., list[Request]]

# The test server tells 7 tokens of prompt and 3 of reply: 13 millionths of a dollar.
PRICE = Price(1.0, 2.0)
COST = 13e-6


def test_the_worst_case_is_more_than_any_reply_costs() -> None:
    request = Request("t", "d", ({"role": "user", "content": "전도도"},))
    price = Price(1e6, 1e6)
    # Nine bytes, what stands around the message, and the longest reply.
    assert price.of(9 + 32, 100) == 141
    assert Budget(price, 100, None, None).worst(request) == 141  # type: ignore[arg-type]


def test_the_cap_is_never_passed_and_the_run_says_so(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    server.behave = lambda number, body: server.how(delay_s=0.01)
    cap = 60 * COST
    budget = Budget(PRICE, 100, journal, cap)
    done: list[Asked] = []
    texts = [str(number) for number in range(200)]
    counts = ask_all(
        teacher_of(max_tokens=100, concurrency=8),
        requests_of(*texts),
        journal,
        on_done=done.append,
        spending=budget,
    )
    budget.close()
    charged = len(server.bodies) * COST
    assert charged <= cap
    assert journal.spent_usd() == pytest.approx(charged)
    # The room that is left would not bear the worst case of one more.
    assert charged + budget.worst(requests_of("0")[0]) > cap
    assert counts.stopped.startswith(
        "the budget has no room for another request, which may cost 0.0"
    )
    assert len(journal) == len(server.bodies) >= 20


def test_a_run_without_a_cap_leaves_a_row_when_it_is_killed(
    journal: Journal, requests_of: RequestsOf
) -> None:
    request, budget = requests_of("q")[0], Budget(PRICE, 100, journal, None)
    worst = budget.worst(request)
    for answered in range(2000):
        reserved = budget.reserve(request)
        assert reserved is not None
        # Noted before it is needed, and not much more than that.
        needed = answered * COST + worst
        assert needed <= journal.spent_usd() <= needed * 1.02 + 11 * worst
        budget.settle(reserved, Reply("x", "m", 7, 3))
    # Not closed, as if killed: a cap counts what may have been spent.
    later = Budget(PRICE, 100, journal, 2000 * COST)
    assert later.reserve(request) is None


def test_a_later_run_has_what_is_left(
    server: ChatServer, teacher_of: TeacherOf, requests_of: RequestsOf, journal: Journal
) -> None:
    for first in (0, 100):
        budget = Budget(PRICE, 100, journal, 40 * COST)
        texts = [str(number) for number in range(first, first + 100)]
        ask_all(
            teacher_of(max_tokens=100),
            requests_of(*texts),
            journal,
            on_done=lambda asked: None,
            spending=budget,
        )
        budget.close()
        assert journal.spent_usd() <= 40 * COST
    assert len(server.bodies) * COST <= 40 * COST


def test_what_was_not_charged_is_given_back(journal: Journal, requests_of: RequestsOf) -> None:
    (request,) = requests_of("q")
    budget = Budget(PRICE, 100, journal, 1.0)
    first, second, third = (budget.reserve(request) for _ in range(3))
    assert first is not None
    assert first == second == third
    budget.release(first)
    budget.settle(first, Reply("x", "m", 7, 3))
    budget.settle(first, None)
    assert budget.spent == pytest.approx(COST + first)
    # A server that tells no tokens is thought to have used the most.
    fourth = budget.reserve(request)
    assert fourth is not None
    budget.settle(fourth, Reply("x", "m"))
    assert budget.spent == pytest.approx(COST + 2 * first)


SCRIPT = """
import sys
from pathlib import Path
from chemtune.teachers.ask import ask_all
from chemtune.teachers.budget import Budget
from chemtune.teachers.endpoint import EndpointTeacher
from chemtune.teachers.journal import Journal
from chemtune.teachers.prices import Price
from chemtune.teachers.teacher import Request

url, path, begin = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
requests = [Request("t", str(n), ({"role": "user", "content": str(n)},)) for n in range(begin, 999)]
with Journal(path) as journal:
    budget = Budget(Price(1.0, 2.0), 100, journal, %r)
    teacher = EndpointTeacher(url, "m", api_key=None, max_tokens=100, concurrency=8)
    ask_all(teacher, requests, journal, on_done=lambda asked: None, spending=budget)
    budget.close()
"""


def test_kill_and_two_processes_do_not_pass_it(server: ChatServer, tmp_path: Path) -> None:
    server.behave = lambda number, body: server.how(delay_s=0.02)
    cap = 400 * COST
    path = tmp_path / "journal.sqlite"
    environment = {**os.environ, "PYTHONPATH": str(Path(chemtune.__file__).parents[1])}

    def start(begin: int) -> subprocess.Popen[Any]:
        command = [sys.executable, "-c", SCRIPT % cap, server.url, str(path), str(begin)]
        return subprocess.Popen(command, env=environment)

    with start(0) as killed:
        deadline = time.monotonic() + 20
        while len(server.bodies) < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
    assert 20 <= len(server.bodies) < 60
    with start(300) as one, start(600) as other:
        assert (one.wait(30), other.wait(30)) == (0, 0)
    charged = len(server.bodies) * COST
    assert charged <= cap
    # What the killed run had set aside is lost: no more than its steps and what was in flight.
    assert charged >= cap / 2


@pytest.mark.parametrize(
    ("model", "url", "price"),
    [
        ("gpt-4o-mini", "https://api.openai.com/v1", Price(0.15, 0.6)),
        ("gpt-4o-2024-08-06", "https://api.openai.com/v1", Price(2.5, 10.0)),
        ("gpt-4o", "https://lab.openai.azure.com/openai/deployments/x", Price(2.5, 10.0)),
        ("gpt-4o", "http://127.0.0.1:8000/v1", None),
        ("gpt-4o", "https://openai.com.evil.org/v1", None),
        ("my-model", "https://api.openai.com/v1", None),
    ],
)
def test_listed_price(model: str, url: str, price: Price | None) -> None:
    assert listed_price(model, url) == price


def test_listed_price_of_batches() -> None:
    whole = listed_price("gpt-4o-mini", "https://api.openai.com/v1")
    half = listed_price("gpt-4o-mini", "https://api.openai.com/v1", batch=True)
    assert whole
    assert half
    assert (half.input, half.output) == (whole.input / 2, whole.output / 2)
