"""What each teacher is asked in a build: requests, tokens, and what they cost and take at most."""

from __future__ import annotations

from dataclasses import dataclass

from chemtune.dataset.job import Job
from chemtune.dataset.open_teacher import price_of
from chemtune.dataset.plan import Plan
from chemtune.recipe.schema import AnyTeacher


@dataclass
class Load:
    """What one teacher is asked."""

    teacher: AnyTeacher
    requests: int = 0
    prompt_tokens: float = 0.0

    @property
    def reply_tokens(self) -> int:
        """The tokens of its replies, each as long as it may be."""
        return self.requests * _most_output(self.teacher)


class Loads:
    """What each teacher of a plan is asked; equal teachers are one.

    Tokens are estimated at four characters each, 1.5 where the text is Korean. A second teacher is
    counted, and a judge as if every answer were accepted.
    """

    def __init__(self, plan: Plan) -> None:
        self.all: list[Load] = []
        self._plan = plan

    def add(self, job: Job) -> None:
        """Count what is asked for one job, which has no known answer."""
        recipe, teacher = self._plan.recipe, self._plan.teachers[job.part]
        per_token = 1.5 if job.document.language == "ko" else 4
        tokens = sum(len(message["content"]) for message in job.request().messages) / per_token
        self._add(teacher, tokens)
        if recipe.second is not None:
            self._add(recipe.second.teacher, tokens)
        if recipe.judge is not None:
            self._add(recipe.judge.teacher, tokens + _most_output(teacher))

    @property
    def requests(self) -> int:
        """The requests to all of them."""
        return sum(load.requests for load in self.all)

    @property
    def prompt_tokens(self) -> int:
        """The tokens of all prompts."""
        return round(sum(load.prompt_tokens for load in self.all))

    @property
    def reply_tokens(self) -> int:
        """The tokens of all replies, each as long as it may be."""
        return sum(load.reply_tokens for load in self.all)

    def cost_usd(self, *, needed: bool) -> float | None:
        """Return what all of it costs at most, or None where a price is not known.

        Raises:
            InputError: A price is needed, for there is a budget, and is not known.
        """
        total = 0.0
        for load in self.all:
            price = price_of(load.teacher, needed=needed)
            if price is None:
                return None
            total += price.of(load.prompt_tokens, load.reply_tokens)
        return round(total, 4)

    def seconds(self) -> float | None:
        """Return the time that the limits alone ask for; teachers are asked one after another."""
        total = 0.0
        for load in self.all:
            limits = (
                (getattr(load.teacher, "rpm", None), float(load.requests)),
                (getattr(load.teacher, "tpm", None), load.prompt_tokens + load.reply_tokens),
            )
            total += max((60.0 * units / limit for limit, units in limits if limit), default=0.0)
        return round(total, 1) if total else None

    def _add(self, teacher: AnyTeacher, prompt_tokens: float) -> None:
        load = next((one for one in self.all if one.teacher == teacher), None)
        if load is None:
            load = Load(teacher)
            self.all.append(load)
        load.requests += 1
        load.prompt_tokens += prompt_tokens


def _most_output(teacher: AnyTeacher) -> int:
    return getattr(teacher, "max_tokens", 0)
