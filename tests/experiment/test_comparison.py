from __future__ import annotations

from math import comb, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from chemtune.evaluation.scorecard import score_questions
from chemtune.experiment.comparison import compare
from chemtune.experiment.exam_comparison import mcnemar_of
from chemtune.experiment.measure import Figure, share
from chemtune.experiment.results import read_results

from .conftest import EXAM, FakeRun, make_rows


def of(run: FakeRun):
    results = read_results(run.path)
    return compare(results.scores or {}, results.question_predictions())


def wilson_by_hand(k: int, n: int) -> tuple[float, float]:
    z = norm.ppf(0.975)
    centre, spread = (k / n + z * z / (2 * n)), z * sqrt(k / n * (1 - k / n) / n + z * z / 4 / n**2)
    return (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)


def exams(before: str, after: str, key: str):
    rows = {"before": make_rows(key, before), "after": make_rows(key, after)}
    scores = {
        side: {"tasks": {}, "questions": {"exam": score_questions(r)}} for side, r in rows.items()
    }
    (exam,) = compare(scores, {side: {"exam": r} for side, r in rows.items()}).exams
    return exam


def test_figures_are_written_with_count_and_interval() -> None:
    assert str(share(9, 9, (0.7, 1.0))) == "9/9 [0.70, 1.00]"
    assert str(Figure(0.534, (0.4, 0.61))) == "0.53 [0.40, 0.61]"
    assert str(Figure(0.78, count=78, total=100, label="C")) == "C 78/100"


def test_readable_of_a_task_and_over_all_tasks(whole_run: FakeRun) -> None:
    comparison = of(whole_run)
    assert [t.name for t in comparison.tasks] == [
        "keyword_extraction", "summarization_extraction", "summarization_translation",
    ]  # fmt: skip
    for task in comparison.tasks:
        before, after = task.readable.sides
        assert (before.count, before.total, after.count, after.total) == (0, 4, 3, 4)
        assert before.interval == pytest.approx(wilson_by_hand(0, 4))
        assert after.interval == pytest.approx(wilson_by_hand(3, 4))
    whole = comparison.readable
    assert (whole.before.number, whole.after.number) == ("0/12", "9/12")
    assert whole.after.interval == pytest.approx(wilson_by_hand(9, 12))


def test_scores_of_a_task(whole_run: FakeRun) -> None:
    keywords, names, korean = of(whole_run).tasks
    # Three of four perfect, one unreadable.
    assert [m.name for m in keywords.scores] == ["F1@M", "F1@5"]
    assert keywords.scores[0].after.value == pytest.approx(3 / 4)
    assert keywords.scores[0].before.value == 0
    # Micro F1 over two names each: 2 * 6 / (2 * 6 + 2).
    assert [m.name for m in names.scores] == ["F1 names", "F1 names, lenient", "ROUGE-L"]
    assert names.scores[0].after.value == pytest.approx(12 / 14)
    assert "chrF++" in [m.name for m in names.details]
    assert [m.name for m in korean.scores] == [
        "chrF++", "numbers kept", "invented numbers (less is better)",
    ]  # fmt: skip
    assert korean.scores[0].after.value == pytest.approx(0.75)
    # None of the answers before could be read: they invented nothing, and that says nothing.
    assert korean.scores[2].before is None
    assert sum(before for _, before, _ in keywords.reasons) == 4
    assert sum(after for _, _, after in keywords.reasons) == 1


def test_mcnemar_against_the_binomial_by_hand() -> None:
    exam = exams(before="AAAAAAAAAA" + "CC", after="BBBBBBBBAA" + "AA", key="BBBBBBBBAA" + "CC")
    # 8 gained, 2 lost: twice the tail of 10 fair coins at 8 or more.
    by_hand = 2 * sum(comb(10, k) for k in range(8, 11)) / 2**10
    assert (exam.paired.gained, exam.paired.lost, exam.paired.pairs) == (8, 2, 12)
    assert exam.paired.p == pytest.approx(by_hand)
    assert str(exam.paired) == "p = 0.109 (8 gained, 2 lost, of 12)"


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_mcnemar_counts_only_what_differs(pairs: list[tuple[bool, bool]]) -> None:
    before = [{"id": str(i), "correct": b} for i, (b, _) in enumerate(pairs)]
    after = [{"id": str(i), "correct": a} for i, (_, a) in enumerate(pairs)]
    found = mcnemar_of(before, list(reversed(after)))
    gained, lost = sum(a > b for b, a in pairs), sum(a < b for b, a in pairs)
    differ, fewer = gained + lost, min(gained, lost)
    tail = sum(comb(differ, k) for k in range(fewer + 1)) / 2**differ
    assert (found.gained, found.lost) == (gained, lost)
    assert found.p == pytest.approx(min(1.0, 2 * tail))


def test_only_questions_of_both_are_paired() -> None:
    before, after = make_rows("AB", "AB"), make_rows("ABC", "BBC")
    assert mcnemar_of(before, after).pairs == 2
    assert mcnemar_of(before, []) is None


def test_a_favourite_letter_is_called_what_it_is() -> None:
    exam = exams(before="C" * 20, after="ABCD" * 5, key="ABCD" * 5)
    assert exam.favourite.before.number == "C 20/20"
    assert exam.constant.before.number == "A 5/20"
    assert "before: answers C to 20 of 20 questions: a habit, whatever the score" in exam.notes
    assert not [note for note in exam.notes if note.startswith("after")]
    # 18 of 20 is not more than 90%.
    exam = exams(before="C" * 18 + "AB", after="ABCD" * 5, key="ABCD" * 5)
    assert not [note for note in exam.notes if "answers C" in note]


def test_no_better_than_one_letter_and_unanswered_are_noted() -> None:
    exam = exams(before="AB-", after="AAA", key="AAA")
    assert "before: 1 of 3 questions have no answer and count as wrong" in exam.notes
    assert any("before: 1 right is no more than" in note for note in exam.notes)


def test_levels(whole_run: FakeRun) -> None:
    (exam,) = of(whole_run).exams
    assert exam.name == EXAM
    assert [m.name for m in exam.levels] == ["right, college", "right, high school"]
    # Even places hold A and C: C is right before; after, the first 12 are, and of the rest the Cs.
    assert exam.levels[0].before.number == "5/10"
    assert exam.levels[0].after.number == "8/10"
    assert exam.correct.before.number == "5/20"
    assert exam.correct.after.number == "14/20"


def test_one_side_alone(whole_run: FakeRun) -> None:
    results = read_results(whole_run.path)
    only = compare({"after": results.scores["after"]}, results.question_predictions())
    assert only.sides == ("after",)
    assert all(m.before is None for _, m in only.rows)
    assert only.exams[0].constant.before is None


def test_nothing_measured() -> None:
    assert compare({}, {}).rows == []
