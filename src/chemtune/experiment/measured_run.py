"""A run as `compare` sees it: what was measured, with the part of each question and example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A run's answer to one multiple-choice question.

    Attributes:
        key: The right label, or "" where only right or wrong is known.
        chosen: The label given; None where there is none, or only right or wrong is known.
        correct: Whether it is right.
        content: The question's `content_of`, or "" where its text is not known.
    """

    key: str
    chosen: str | None
    correct: bool
    content: str = ""


@dataclass(frozen=True)
class AnsweredSet:
    """A set of questions; `answers` by question id, None where only the counts are known."""

    correct: int
    total: int
    answers: Mapping[str, Answer] | None = None


@dataclass(frozen=True)
class ScoredMeasure:
    """A measure of a task on held-out documents.

    Attributes:
        title: The task's title.
        better: "higher" or "lower": which values are the better ones.
        main: Whether it is one of the few that stand for the task.
        parts: Of each example: its document, numerator and denominator; the measure's value is the
            sum of the first by the sum of the second.
        yes_or_no: Whether an example is right or wrong, and nothing between: then there is a count.
    """

    title: str
    better: str
    main: bool
    parts: Mapping[str, tuple[str, float, float]]
    yes_or_no: bool = False


@dataclass(frozen=True)
class MeasuredRun:
    """One column of a comparison.

    Attributes:
        name: What it is called in the tables.
        path: Where it was read from.
        side: "before", "after", or "" where there is one side only.
        exams: The question sets by name.
        tasks: The measures by task and measure.
        recipe: The recipe as resolved, without what names the run and without its seed.
        seed: The recipe's seed; None where there is no recipe.
        gaps: What could not be read, and so is not compared.
    """

    name: str
    path: str
    side: str = ""
    exams: Mapping[str, AnsweredSet] = field(default_factory=dict)
    tasks: Mapping[tuple[str, str], ScoredMeasure] = field(default_factory=dict)
    recipe: Mapping[str, Any] | None = None
    seed: int | None = None
    gaps: tuple[str, ...] = ()
