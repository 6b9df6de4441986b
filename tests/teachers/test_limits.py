from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.teachers.limits import BURST_S, Limits, PerMinute, reset_seconds


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@settings(deadline=None, max_examples=100)
@given(
    limit=st.integers(1, 6000),
    takes=st.lists(st.tuples(st.floats(0, 5), st.integers(1, 50)), min_size=1, max_size=60),
)
def test_no_span_of_time_sees_more_than_the_limit_allows(
    limit: int, takes: list[tuple[float, int]]
) -> None:
    clock = Clock()
    budget = PerMinute(limit, clock)
    used: list[tuple[float, int]] = []
    for pause, units in takes:
        clock.now += pause
        used.append((clock.now + budget.take(units), units))
    for i, (begin, _) in enumerate(used):
        for j in range(i, len(used)):
            spent = sum(units for _, units in used[i:j])
            allowed = limit / 60 * (used[j][0] - begin + BURST_S)
            assert spent <= allowed + 1e-6 * max(1, spent)


def test_the_limit_is_reached() -> None:
    clock = Clock()
    budget = PerMinute(600, clock)
    for _ in range(1200):
        clock.now += budget.take(1)
    # 1,200 requests at 600 a minute, but for the first second's worth.
    assert clock.now - 1000 == pytest.approx(120, abs=BURST_S + 0.2)


def test_without_a_limit_nothing_waits() -> None:
    assert [PerMinute(None).take(10**9) for _ in range(3)] == [0, 0, 0]


def test_an_estimate_is_corrected_by_what_was_used() -> None:
    clock = Clock()
    limits = Limits(tpm=6000, clock=clock)
    limits.take(1000)
    limits.used(1000, 100)
    # 100 tokens are a second's worth; 1,000 would be ten.
    assert limits.take(1) == pytest.approx(0, abs=1e-9)
    limits.used(1, 1000)
    assert limits.take(1) == pytest.approx(10, abs=0.1)


def test_limits_are_learned_from_headers() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    assert not limits.counts_tokens
    limits.told(
        {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-limit-tokens": "60000",
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "20ms",
        }
    )
    assert (limits.requests.limit, limits.tokens.limit) == (60, 60000)
    assert [round(limits.take(0), 2) for _ in range(3)] == [0, 0, 1]


def test_the_lower_of_two_limits_counts() -> None:
    limits = Limits(rpm=100, clock=Clock())
    limits.told({"x-ratelimit-limit-requests": "5000"})
    assert limits.requests.limit == 100
    limits.told({"x-ratelimit-limit-requests": "50"})
    assert limits.requests.limit == 50


def test_headers_without_sense_change_nothing() -> None:
    limits = Limits(rpm=100, clock=Clock())
    limits.told({"x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-requests": ""})
    assert limits.requests.limit == 100


def test_a_pause_holds_everybody() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    limits.hold(5)
    limits.hold(2)
    assert limits.take(0) == 5
    clock.now += 5
    assert limits.take(0) == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("250ms", 0.25), ("6m0s", 360), ("1h2m3.5s", 3723.5), ("7", 7), ("", None), (None, None),
        ("soon", None), ("5x", None),
    ],
)  # fmt: skip
def test_reset_seconds(value: str | None, seconds: float | None) -> None:
    assert reset_seconds(value) == seconds
