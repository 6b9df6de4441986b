"""Answers of several runs side by side: to the questions and examples that all were asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chemtune.errors import InputError, Problem
from chemtune.experiment.measured_run import Answer, AnsweredSet, MeasuredRun, ScoredMeasure

Parts = tuple[list[float], list[float]]


@dataclass(frozen=True)
class Common:
    """The parts of several runs over the examples that all of them have.

    Attributes:
        runs: Numerators and denominators of each run, one of each for an example.
        clusters: The document of each example.
        examples: The ids.
        left_out: A sentence where some have examples that not all have, else "".
        answers: Of questions: the answers of each run.
    """

    runs: list[Parts]
    clusters: list[str]
    examples: list[str]
    left_out: str = ""
    answers: Sequence[Sequence[Answer]] = ()


def shared_exams(
    first: MeasuredRun, second: MeasuredRun
) -> Iterator[tuple[str, AnsweredSet, AnsweredSet]]:
    """Yield the question sets that both have, by name.

    Two runs with one set each are taken to be about the same one, whatever they call it: files of
    predictions are called by many names. Their questions show whether it is.
    """
    names = [name for name in first.exams if name in second.exams]
    for name in names:
        yield name, first.exams[name], second.exams[name]
    if not names and len(first.exams) == len(second.exams) == 1:
        (name, one), (_, other) = *first.exams.items(), *second.exams.items()
        yield name, one, other


def common_questions(
    name: str, runs: Sequence[MeasuredRun], answered: Sequence[Mapping[str, Answer]]
) -> Common:
    """Return right and wrong over the questions that all have answered.

    They are paired by id; where they have no id in common, as those of two harnesses, by text: a
    text that stands twice in one of them is left out.

    Raises:
        InputError: They have no question in common, or one id stands for different questions.
    """
    totals = [len(of) for of in answered]
    keyed, how = list(answered), ""
    if not _in_all(keyed):
        keyed, how = [_by_content(of) for of in answered], ", paired by their text,"
    ids = _in_all(keyed)
    if not ids:
        has = [f"{run.name} has {next(iter(of), '-')!r}" for run, of in _both(runs, answered)]
        message = f"{name}: no question is common to them, by id or text: {', '.join(has)}"
        raise InputError(Problem(message, remedy="compare answers to the same file of questions"))
    for at in ids:
        _check_same(name, at, runs, [of[at] for of in keyed])
    answers = [[of[at] for at in ids] for of in keyed]
    ones = [1.0] * len(ids)
    right = [([float(answer.correct) for answer in of], ones) for of in answers]
    left_out = _left_out(f"questions{how}", len(ids), totals, runs)
    return Common(right, ids, ids, left_out, answers)


def _by_content(answers: Mapping[str, Answer]) -> dict[str, Answer]:
    counts = Counter(answer.content for answer in answers.values())
    return {a.content: a for a in answers.values() if a.content and counts[a.content] == 1}


def common_examples(runs: Sequence[MeasuredRun], measures: Sequence[ScoredMeasure]) -> Common:
    """Return the parts of a measure over the examples that all were asked; there may be none."""
    ids = _in_all([of.parts for of in measures])
    parts: list[Parts] = [
        ([of.parts[at][1] for at in ids], [of.parts[at][2] for at in ids]) for of in measures
    ]
    clusters = [measures[0].parts[at][0] for at in ids]
    left_out = _left_out("documents", len(ids), [len(of.parts) for of in measures], runs)
    return Common(parts, clusters, ids, left_out)


def _in_all(found: Sequence[Mapping[str, object]]) -> list[str]:
    return [at for at in found[0] if all(at in other for other in found[1:])]


def _both(
    runs: Sequence[MeasuredRun], answered: Sequence[Mapping[str, Answer]]
) -> Iterator[tuple[MeasuredRun, Mapping[str, Answer]]]:
    return zip(runs, answered, strict=True)


def _check_same(name: str, at: str, runs: Sequence[MeasuredRun], answers: Sequence[Answer]) -> None:
    for aspect, what in (("key", "key"), ("content", "text")):
        said = [(run, getattr(answer, aspect)) for run, answer in zip(runs, answers, strict=True)]
        known = {value for _, value in said if value}
        if len(known) > 1:
            shown = ", ".join(f"{run.name} has {value}" for run, value in said if value)
            message = f"{name}: the question {at!r} is another one: its {what} differs ({shown})"
            remedy = "compare answers to the same questions; --id-column names other ids"
            raise InputError(Problem(message, remedy=remedy))


def _left_out(what: str, common: int, totals: list[int], runs: Sequence[MeasuredRun]) -> str:
    if all(total == common for total in totals):
        return ""
    of = ", ".join(f"{run.name} {total}" for run, total in zip(runs, totals, strict=True))
    return f"over the {common} {what} common to all ({of})"
