from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from chemtune.evaluation.detectable import mcnemar_power, of_error, of_questions


@pytest.mark.parametrize(("total", "differing"), [(203, 29), (203, 6), (40, 17), (1000, 300)])
def test_seen_is_the_smallest_net_that_binomtest_calls_significant(
    total: int, differing: int
) -> None:
    nets = [
        2 * k - differing
        for k in range(differing + 1)
        if 2 * k > differing and binomtest(k, differing).pvalue < 0.05
    ]
    assert of_questions(total, differing).seen == min(nets) / total


def test_too_few_differing_answers_show_nothing() -> None:
    assert of_questions(203, 5).seen is None  # 5 of 5 has p = 0.0625
    assert of_questions(203, 6).seen == 6 / 203
    assert of_questions(203, 6).likely is None
    assert of_questions(203, 0) == of_error(0.0)


@pytest.mark.parametrize(
    ("total", "rate", "difference"), [(203, 0.143, 0.08), (60, 0.4, 0.2), (203, 0.2, 0.0)]
)
def test_power_is_that_of_simulated_exams(total: int, rate: float, difference: float) -> None:
    generator = np.random.default_rng(0)
    shares = [(rate + difference) / 2, (rate - difference) / 2, 1 - rate]
    exams = generator.multinomial(total, shares, size=4000)
    known: dict[tuple[int, int], bool] = {}
    for up, down, _ in exams.tolist():
        if (up, down) not in known:
            known[up, down] = up + down > 0 and binomtest(up, up + down).pvalue < 0.05
    found = np.mean([known[up, down] for up, down, _ in exams.tolist()])
    assert mcnemar_power(total, rate, difference) == pytest.approx(found, abs=0.025)


def test_likely_is_the_first_whole_net_with_80_percent() -> None:
    net = round(of_questions(203, 29).likely * 203)
    assert mcnemar_power(203, 29 / 203, net / 203) >= 0.8
    assert mcnemar_power(203, 29 / 203, (net - 1) / 203) < 0.8


def test_of_a_standard_error() -> None:
    shows = of_error(0.1)
    assert shows.seen == pytest.approx(norm.ppf(0.975) * 0.1)
    # At that true difference, the estimate passes the bound in 80 of 100.
    assert norm.sf(shows.seen, shows.likely, 0.1) == pytest.approx(0.8)
