from __future__ import annotations

import pytest
import sacrebleu

from chemtune.evaluation.metrics.chrf import chrf

REFERENCE = "음이온 교환막의 전도도가 높았다."


def test_chrf_is_sacrebleus() -> None:
    said = "교환막의 전도도가 낮았다."
    oracle = sacrebleu.sentence_chrf(said, [REFERENCE], word_order=2).score / 100
    assert chrf(said, REFERENCE) == pytest.approx(oracle)
    assert 0.2 < oracle < 0.9


def test_hangul_counts() -> None:
    assert chrf(REFERENCE, REFERENCE) == pytest.approx(1.0)
    assert chrf("platinum", REFERENCE) < 0.05
    assert chrf("", REFERENCE) == 0.0
