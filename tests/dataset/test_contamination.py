from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemtune.dataset.contamination import ContaminationIndex, key
from chemtune.documents.question import Question, read_questions

KMMLU = Path(__file__).resolve().parents[3] / "shared/data/kmmlu"


def question(text: str, *options: str, name: str = "q") -> Question:
    labels = tuple("ABCDE"[: len(options)])
    return Question(name, text, options, 0, labels, "en")


LONG = "Which of these metals catalyses the evolution of oxygen in acid best?"
INDEX = ContaminationIndex(
    [
        question(LONG, "iridium", "copper", "zinc", "lead", name="metals"),
        question("다음 중 옳은 것은?", "물은 액체다", "철은 기체다", name="short"),
    ]
)


@pytest.mark.parametrize(
    ("text", "options", "how"),
    [
        (LONG, ("iridium", "copper", "zinc", "lead"), "exact"),
        (LONG.upper() + " ", ("Lead", "zinc.", "copper", " iridium"), "exact"),
        (LONG.replace("best", "most"), ("iridium", "copper", "zinc", "lead"), "near"),
        (LONG, ("iridium", "copper", "zinc", "tin"), "near"),
        # The stem alone tells nothing where it is asked of everything.
        ("다음 중 옳은 것은?", ("금은 검다", "은은 푸르다"), None),
        ("다음 중 옳은 것은?", ("철은 기체다", "물은 액체다"), "exact"),
        # As a text, without options.
        (LONG, (), "exact"),
        ("A chapter. " * 50 + LONG + " It goes on. " * 50, (), "contained"),
        ("A chapter on the evolution of oxygen in acid, and on metals.", (), None),
    ],
)
def test_find(text: str, options: tuple[str, ...], how: str | None) -> None:
    match = INDEX.find(text, options)
    assert (match.how if match else None) == how


@given(st.permutations(["iridium", "copper", "zinc", "lead"]))
def test_options_count_in_any_order(options: list[str]) -> None:
    match = INDEX.find(LONG, options)
    assert match is not None
    assert (match.question, match.how) == ("metals", "exact")


def test_key() -> None:
    assert key("IrO₂의 “전도도”는? (단위: S)") == key("IrO2의 전도도는 단위 s")
    assert key("Is it 1 or 2?") != key("Is it 1 or 3?")


@pytest.mark.skipif(not KMMLU.is_dir(), reason="the real data are not here")
@pytest.mark.parametrize(
    ("subject", "same"), [("Chemical-Engineering", 14), ("Materials-Engineering", 4)]
)
def test_what_kmmlu_shares_between_train_and_test_is_found(subject: str, same: int) -> None:
    test = read_questions(KMMLU / f"{subject}-test.csv")
    train = read_questions(KMMLU / f"{subject}-train.csv")

    def written(one: Question) -> tuple[str, ...]:
        return tuple(sorted("".join(part.split()) for part in (one.text, *one.options)))

    # The oracle: the same characters, spaces aside.
    known = {written(one) for one in test}
    shared = [one for one in train if written(one) in known]
    assert len(shared) == same
    index = ContaminationIndex(test)
    matches = [index.find(one.text, one.options) for one in shared]
    assert all(match is not None and match.how == "exact" for match in matches)
