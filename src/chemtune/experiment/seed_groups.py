"""Runs that differ in seed alone, and how far their figures lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chemtune.evaluation.seeds import SeedSpread, seed_spread
from chemtune.experiment.measured_run import MeasuredRun
from chemtune.experiment.pairing import Common, common_examples, common_questions
from chemtune.experiment.run_comparison import RIGHT


@dataclass(frozen=True)
class SpreadOfSeeds:
    """A measure of the runs of one recipe with several seeds.

    Attributes:
        title: Of the question set or the task.
        measure: "right answers", or the measure of the task.
        runs: The runs' names, in the order of the spread's values.
        seeds: Their seeds.
        examples: How many questions or documents they have in common.
        spread: Between the seeds, and what is the questions'.
    """

    title: str
    measure: str
    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    examples: int
    spread: SeedSpread


def seed_groups(runs: Sequence[MeasuredRun]) -> list[list[MeasuredRun]]:
    """Return the runs that have the same recipe but for the seed, where there are several.

    Only tuned sides count: the model before tuning knows no seed. A seed counts once.
    """
    groups: list[list[MeasuredRun]] = []
    for run in runs:
        if run.side != "after" or run.recipe is None:
            continue
        for group in groups:
            if group[0].recipe == run.recipe:
                if all(run.seed != other.seed for other in group):
                    group.append(run)
                break
        else:
            groups.append([run])
    return [group for group in groups if len(group) > 1]


def spreads(group: Sequence[MeasuredRun], *, every_measure: bool) -> Iterator[SpreadOfSeeds]:
    """Yield the spread of each measure that all runs of a group have.

    Raises:
        InputError: They were asked different questions.
    """
    for title, measure, common in _measures(group, every_measure):
        spread = seed_spread(common.runs, common.clusters) if common.examples else None
        if spread is not None:
            yield SpreadOfSeeds(
                title=title,
                measure=measure,
                runs=tuple(run.name for run in group),
                seeds=tuple(run.seed or 0 for run in group),
                examples=len(common.examples),
                spread=spread,
            )


def _measures(
    group: Sequence[MeasuredRun], every_measure: bool
) -> Iterator[tuple[str, str, Common]]:
    for name in group[0].exams:
        exams = [run.exams[name] for run in group if name in run.exams]
        answers = [exam.answers for exam in exams if exam.answers]
        if len(answers) == len(group):
            yield name, RIGHT, common_questions(name, group, answers)
    for key, first in group[0].tasks.items():
        measures = [run.tasks[key] for run in group if key in run.tasks]
        if len(measures) == len(group) and (every_measure or first.main):
            yield first.title, key[1], common_examples(group, measures)
