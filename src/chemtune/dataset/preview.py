"""What a build would ask, and what it would cost, without asking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chemtune.dataset.ledger import Ledger
from chemtune.dataset.open_teacher import price_of
from chemtune.dataset.plan import Plan
from chemtune.errors import InputError, Problem
from chemtune.messages import Message
from chemtune.recipe.load import load_recipe
from chemtune.recipe.schema import AnyTeacher, Recipe


def preview(recipe: Recipe | Path | str, *, limit: int | None = None) -> dict[str, Any]:
    """Return what `build` would ask, without asking.

    Tokens are estimated at four characters each, 1.5 where the text is Korean. What the journal
    holds already is counted too, so that a build may cost less.

    A second teacher is counted, and a judge as if every answer were accepted.

    Returns:
        `documents`, `requests`, `prompt_tokens_estimate`, `reply_tokens_most`, `cost_usd_most`
        (with every reply as long as it may be; None where a price is not known), `budget_usd`,
        `seconds_at_limits` (by requests and tokens a minute; None where no limit is given),
        `left_out`, and `prompts`: one of each task.

    Raises:
        InputError: As `build` would; among others, a budget is set and a price is not known.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    ledger, documents = Ledger(), set[str]()
    prompts: dict[str, list[Message]] = {}
    plan = Plan.of(recipe)
    asked = _Loads()
    for job in plan.jobs(ledger, limit=limit):
        documents.add(job.document.id)
        if job.known() is not None:
            continue
        messages = list(job.request().messages)
        prompts.setdefault(job.task.name, messages)
        per_token = 1.5 if job.document.language == "ko" else 4
        tokens = sum(len(message["content"]) for message in messages) / per_token
        teacher = plan.teachers[job.part]
        asked.add(teacher, tokens)
        if recipe.second is not None:
            asked.add(recipe.second.teacher, tokens)
        if recipe.judge is not None:
            asked.add(recipe.judge.teacher, tokens + _most_output(teacher))
    if not documents:
        reasons = ", ".join(f"{n} {reason}" for reason, n in ledger.by_reason().items())
        raise InputError(Problem(f"no document is left to build from ({reasons})", recipe._file))
    return {
        "documents": len(documents),
        "requests": sum(load.requests for load in asked.all),
        "prompt_tokens_estimate": round(sum(load.prompt_tokens for load in asked.all)),
        "reply_tokens_most": sum(load.reply_tokens for load in asked.all),
        "cost_usd_most": _cost(asked.all, needed=recipe.budget_usd is not None),
        "budget_usd": recipe.budget_usd,
        "seconds_at_limits": _seconds(asked.all),
        "left_out": ledger.by_reason(),
        "prompts": prompts,
    }


@dataclass
class _Load:
    """What one teacher is asked."""

    teacher: AnyTeacher
    requests: int = 0
    prompt_tokens: float = 0.0

    @property
    def reply_tokens(self) -> int:
        """The tokens of its replies, each as long as it may be."""
        return self.requests * _most_output(self.teacher)


class _Loads:
    """What each is asked; equal teachers are one."""

    def __init__(self) -> None:
        self.all: list[_Load] = []

    def add(self, teacher: AnyTeacher, prompt_tokens: float) -> None:
        load = next((one for one in self.all if one.teacher == teacher), None)
        if load is None:
            load = _Load(teacher)
            self.all.append(load)
        load.requests += 1
        load.prompt_tokens += prompt_tokens


def _most_output(teacher: AnyTeacher) -> int:
    return getattr(teacher, "max_tokens", 0)


def _cost(loads: list[_Load], *, needed: bool) -> float | None:
    total = 0.0
    for load in loads:
        price = price_of(load.teacher, needed=needed)
        if price is None:
            return None
        total += price.of(load.prompt_tokens, load.reply_tokens)
    return round(total, 4)


def _seconds(loads: list[_Load]) -> float | None:
    """The time that the limits alone ask for; teachers are asked one after another."""
    total = 0.0
    for load in loads:
        limits = (
            (getattr(load.teacher, "rpm", None), float(load.requests)),
            (getattr(load.teacher, "tpm", None), load.prompt_tokens + load.reply_tokens),
        )
        total += max((60.0 * units / limit for limit, units in limits if limit), default=0.0)
    return round(total, 1) if total else None
