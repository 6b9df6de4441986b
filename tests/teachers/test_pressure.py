from __future__ import annotations

import heapq

import pytest

from chemtune.teachers.pressure import FIRST, Pressure


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run(most: int, capacity: int, *, turns_away: bool, answers: int = 4000) -> list[int]:
    """Simulate a server that serves `capacity` requests at once, a second each.

    Above it, requests are turned away at once, or wait in a queue. Returns what was allowed.
    """
    clock = Clock()
    pressure = Pressure(most, clock)
    flying: list[tuple[float, float, bool]] = []
    free_at = [0.0] * capacity
    allowed: list[int] = []
    while len(allowed) < answers:
        while len(flying) < pressure.allowed:
            begin = max(clock.now, heapq.heappop(free_at))
            full = turns_away and begin > clock.now
            heapq.heappush(free_at, begin if full else begin + 1.0)
            end = clock.now + 0.01 if full else begin + 1.0
            heapq.heappush(flying, (end, clock.now, full))
        clock.now, sent, full = heapq.heappop(flying)
        if full:
            pressure.overloaded(sent)
        else:
            pressure.answered(clock.now - sent, 100)
        allowed.append(pressure.allowed)
    return allowed


def test_without_a_sign_it_rises_to_the_most() -> None:
    allowed = run(500, 10_000, turns_away=False)
    assert allowed[0] == FIRST + 1
    assert allowed[-1] == 500
    # Doubling: from 64 to 500 in three rounds, not in hundreds.
    assert allowed.index(500) < 1000


def test_a_small_most_is_allowed_at_once() -> None:
    assert Pressure(4).allowed == 4
    assert Pressure(1).allowed == 1


@pytest.mark.parametrize("turns_away", [True, False])
def test_it_finds_what_the_server_can_bear(turns_away: bool) -> None:
    settled = run(1000, 40, turns_away=turns_away)[1500:]
    mean = sum(settled) / len(settled)
    # A queue is seen later than a refusal: at a latency of some times the best.
    assert 20 <= mean <= (60 if turns_away else 250)
    assert min(settled) >= 10


def test_one_burst_of_refusals_is_one_sign() -> None:
    clock = Clock()
    pressure = Pressure(16, clock)
    clock.now = 1.0
    for _ in range(16):
        pressure.overloaded(0.5)
    assert pressure.allowed == 8
    pressure.overloaded(1.5)
    assert pressure.allowed == 4


def test_it_never_falls_below_one() -> None:
    clock = Clock()
    pressure = Pressure(16, clock)
    for second in range(1, 20):
        clock.now = second
        pressure.overloaded(second - 0.5)
    assert pressure.allowed == 1
