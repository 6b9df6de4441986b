"""One run against another in one measure: the values, the difference and what it is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chemtune.evaluation.detectable import Detectable, of_error, of_questions
from chemtune.evaluation.paired import paired_interval, ratio_difference
from chemtune.evaluation.scorecard import FAVOURITE_SHARE
from chemtune.evaluation.statistics import mcnemar, ratio_interval, wilson
from chemtune.evaluation.unpaired import fisher, unpaired_interval
from chemtune.experiment.measure import Figure, share
from chemtune.experiment.measured_run import Answer, AnsweredSet, MeasuredRun, ScoredMeasure
from chemtune.experiment.pairing import Common, common_examples, common_questions

RIGHT = "right answers"
ALPHA = 0.05


@dataclass(frozen=True)
class Habit:
    """A letter that is given to `count` of `total` questions, whatever is asked."""

    letter: str
    count: int
    total: int


@dataclass(frozen=True)
class RunComparison:
    """One run against another in one measure.

    Attributes:
        name: The question set's name, or the task's.
        title: What it is called in tables.
        measure: "right answers", or the measure of the task.
        runs: The names of the two; the second is compared with the first.
        values: Of each, over the examples that both have.
        difference: The second value less the first, with its interval.
        test: "exact McNemar", "swapped documents" or "Fisher exact" (where pairs are not known).
        p: Two-sided.
        examples: How many both have.
        detectable: The smallest differences that so many can show.
        better: "higher" or "lower".
        gained: What only the second got right; None where there is no right or wrong by itself.
        lost: What only the first got right.
        p_bootstrap: Beside that of swapped documents, by the paired bootstrap.
        letters: Of each run that gives one letter to more than nine of ten questions, which and how
            often.
        notes: What the numbers alone do not say.
        p_holm: `p` adjusted to the whole family.
    """

    name: str
    title: str
    measure: str
    runs: tuple[str, str]
    values: tuple[Figure, Figure]
    difference: float
    interval: tuple[float, float]
    test: str
    p: float
    examples: int
    detectable: Detectable
    better: str = "higher"
    gained: int | None = None
    lost: int | None = None
    p_bootstrap: float | None = None
    letters: Mapping[str, Habit] | None = None
    notes: tuple[str, ...] = ()
    p_holm: float = 1.0

    @property
    def holds(self) -> bool:
        """Whether the difference may be claimed, with all others of the family."""
        return self.p_holm < ALPHA

    def adjusted(self, p_holm: float) -> RunComparison:
        """Return this comparison with its adjusted p."""
        return replace(self, p_holm=p_holm)


def compare_exams(
    name: str,
    runs: tuple[MeasuredRun, MeasuredRun],
    sets: tuple[AnsweredSet, AnsweredSet],
) -> RunComparison | None:
    """Compare the answers of two runs to a question set; None where one has no questions.

    Raises:
        InputError: They were asked different questions.
    """
    first, second = sets
    if not (first.total and second.total):
        return None
    if first.answers is None or second.answers is None:
        return _counts(name, runs, sets)
    common = common_questions(name, runs, [first.answers, second.answers])
    letters = {
        run.name: habit
        for run, answers in zip(runs, common.answers, strict=True)
        if (habit := _habit(answers))
    }
    compared = _yes_or_no((name, RIGHT), name, runs, common)
    blind = [
        f"whether {run.name} gives one letter is not known, only right or wrong"
        for run, answers in zip(runs, common.answers, strict=True)
        if not any(answer.key for answer in answers)
    ]
    return replace(compared, letters=letters, notes=(*compared.notes, *blind))


def compare_measures(
    key: tuple[str, str],
    runs: tuple[MeasuredRun, MeasuredRun],
    measures: tuple[ScoredMeasure, ScoredMeasure],
) -> RunComparison | None:
    """Compare a task's measure of two runs; None where no common example says anything of it."""
    common = common_examples(runs, measures)
    if not common.examples:
        return None
    title, better = measures[0].title, measures[0].better
    alone = len(set(common.clusters)) == len(common.clusters)
    if alone and all(of.yes_or_no for of in measures) and _says_something(common):
        return replace(_yes_or_no(key, title, runs, common), better=better)
    first, second = common.runs
    found = ratio_difference(first, second, common.clusters)
    if found is None:
        return None
    one, other = (
        Figure(value, ratio_interval(above, below, common.clusters))
        for value, (above, below) in zip(found.values, common.runs, strict=True)
    )
    return RunComparison(
        name=key[0],
        title=title,
        measure=key[1],
        runs=(runs[0].name, runs[1].name),
        values=(one, other),
        difference=found.difference,
        interval=found.interval,
        test="swapped documents",
        p=found.p,
        examples=len(common.examples),
        detectable=of_error(found.error),
        better=better,
        p_bootstrap=found.p_bootstrap,
        notes=(common.left_out,) if common.left_out else (),
    )


def _says_something(common: Common) -> bool:
    """Whether each example does: one of "no data, none given" may say nothing."""
    return all(all(denominators) for _, denominators in common.runs)


def _yes_or_no(
    key: tuple[str, str], title: str, runs: tuple[MeasuredRun, MeasuredRun], common: Common
) -> RunComparison:
    """Compare what is right or wrong of each example; these are independent of each other."""
    was, now = ([value > 0 for value in numerators] for numerators, _ in common.runs)
    total = len(common.examples)
    gained = sum(b and not a for a, b in zip(was, now, strict=True))
    lost = sum(a and not b for a, b in zip(was, now, strict=True))
    one, other = (share(sum(right), total, wilson(sum(right), total)) for right in (was, now))
    return RunComparison(
        name=key[0],
        title=title,
        measure=key[1],
        runs=(runs[0].name, runs[1].name),
        values=(one, other),
        difference=(gained - lost) / total,
        interval=paired_interval(gained, lost, total),
        test="exact McNemar",
        p=mcnemar(was, now),
        examples=total,
        detectable=of_questions(total, gained + lost),
        gained=gained,
        lost=lost,
        notes=(common.left_out,) if common.left_out else (),
    )


def _counts(
    name: str, runs: tuple[MeasuredRun, MeasuredRun], sets: tuple[AnsweredSet, AnsweredSet]
) -> RunComparison:
    counts = [(of.correct, of.total) for of in sets]
    one, other = (share(*count, wilson(*count)) for count in counts)
    return RunComparison(
        name=name,
        title=name,
        measure=RIGHT,
        runs=(runs[0].name, runs[1].name),
        values=(one, other),
        difference=other.value - one.value,
        interval=unpaired_interval(*counts),
        test="Fisher exact",
        p=fisher(*counts),
        examples=min(total for _, total in counts),
        detectable=Detectable(None, None),
        notes=("only the counts are known: compared as if of different questions",),
    )


def _habit(answers: Sequence[Answer]) -> Habit | None:
    """The letter that a run gives to more than nine of ten questions, and how often."""
    counts = Counter(answer.chosen for answer in answers if answer.chosen is not None)
    if not counts:
        return None
    letter, count = counts.most_common(1)[0]
    if count <= FAVOURITE_SHARE * len(answers):
        return None
    return Habit(letter, count, len(answers))
