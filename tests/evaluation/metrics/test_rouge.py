from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from chemtune.evaluation.metrics.rouge import rouge_l, rouge_n
from chemtune.evaluation.metrics.words import words

KOREAN = "음이온 교환막의 전도도는 98 mS/cm이다."
texts = st.lists(st.sampled_from("the membrane a of 98 was high pt".split()), max_size=25).map(" ".join)  # fmt: skip  # noqa: E501, SIM905


class OurWords:
    """Our words for the oracle, whose own tokenizer drops Hangul."""

    def __init__(self, korean: bool) -> None:
        self.korean = korean

    def tokenize(self, text: str) -> list[str]:
        return words(text, korean=self.korean)


def ours(answer: str, reference: str, *, korean: bool = False) -> dict[str, float]:
    said, wanted = words(answer, korean=korean), words(reference, korean=korean)
    return {
        "rouge1": rouge_n(said, wanted, 1),
        "rouge2": rouge_n(said, wanted, 2),
        "rougeL": rouge_l(said, wanted),
    }


@given(texts, texts)
def test_english_is_rouge_scores(answer: str, reference: str) -> None:
    oracle = RougeScorer(["rouge1", "rouge2", "rougeL"]).score(reference, answer)
    found = ours(answer, reference)
    assert found == pytest.approx({name: score.fmeasure for name, score in oracle.items()})


def test_the_words_of_plain_english_are_rouge_scores() -> None:
    answer = "The Pt/C catalyst's activity (0.35 A/mg) rose by 12% after annealing, however."
    reference = "Annealing raised the activity of the Pt/C catalyst by 12%, to 0.35 A/mg."
    oracle = RougeScorer(["rouge1", "rouge2", "rougeL"]).score(reference, answer)
    found = ours(answer, reference)
    assert found == pytest.approx({name: score.fmeasure for name, score in oracle.items()})


def test_korean_by_morphemes_is_rouge_scores_with_our_words() -> None:
    answer = "음이온교환막이 98 mS/cm의 전도도를 보였다."
    names = ["rouge1", "rouge2", "rougeL"]
    oracle = RougeScorer(names, tokenizer=OurWords(korean=True)).score(KOREAN, answer)
    found = ours(answer, KOREAN, korean=True)
    assert found == pytest.approx({name: score.fmeasure for name, score in oracle.items()})
    assert 0.2 < found["rouge1"] < 1


def test_particles_do_not_make_another_word() -> None:
    one, other = "막은 전도도가 높다", "막의 전도도를 높다"
    shared = set(words(one, korean=True)) & set(words(other, korean=True))
    assert {"막", "전도", "높"} <= shared | {"전도"}
    assert rouge_n(one.split(), other.split(), 1) < ours(one, other, korean=True)["rouge1"]


def test_nothing_said_scores_nothing() -> None:
    assert ours("", "a membrane") == {"rouge1": 0, "rouge2": 0, "rougeL": 0}
