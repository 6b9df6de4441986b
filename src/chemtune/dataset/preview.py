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

    Returns:
        `documents`, `requests`, `prompt_tokens_estimate`, `reply_tokens_most`, `cost_usd_most`
        (with every reply as long as it may be; None where a price is not known),
        `seconds_at_limits` (by requests and tokens a minute; None where no limit is given),
        `left_out`, and `prompts`: one of each task.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    ledger, documents, requests = Ledger(), set[str](), 0
    prompts: dict[str, list[Message]] = {}
    plan = Plan.of(recipe)
    asked: dict[int, _Load] = {}
    for job in plan.jobs(ledger, limit=limit):
        documents.add(job.document.id)
        if job.known() is not None:
            continue
        requests += 1
        messages = list(job.request().messages)
        prompts.setdefault(job.task.name, messages)
        load = asked.setdefault(job.part, _Load())
        load.requests += 1
        for message in messages:
            per_token = 1.5 if job.document.language == "ko" else 4
            load.prompt_tokens += len(message["content"]) / per_token
    if not documents:
        reasons = ", ".join(f"{n} {reason}" for reason, n in ledger.by_reason().items())
        raise InputError(Problem(f"no document is left to build from ({reasons})", recipe._file))
    return {
        "documents": len(documents),
        "requests": requests,
        "prompt_tokens_estimate": round(sum(load.prompt_tokens for load in asked.values())),
        "reply_tokens_most": sum(
            load.requests * _most_output(plan.teachers[part]) for part, load in asked.items()
        ),
        "cost_usd_most": _cost(plan, asked),
        "seconds_at_limits": _seconds(plan, asked),
        "left_out": ledger.by_reason(),
        "prompts": prompts,
    }


@dataclass
class _Load:
    """What is asked about the documents of one part of the recipe."""

    requests: int = 0
    prompt_tokens: float = 0.0


def _most_output(teacher: AnyTeacher) -> int:
    return getattr(teacher, "max_tokens", 0)


def _cost(plan: Plan, asked: dict[int, _Load]) -> float | None:
    total = 0.0
    for part, load in asked.items():
        price = price_of(plan.teachers[part])
        if price is None:
            return None
        total += price.of(load.prompt_tokens, load.requests * _most_output(plan.teachers[part]))
    return round(total, 4)


def _seconds(plan: Plan, asked: dict[int, _Load]) -> float | None:
    """The time that the limits alone ask for; teachers are asked one after another."""
    by_teacher: dict[int, list[float]] = {}
    for part, load in asked.items():
        teacher = plan.teachers[part]
        limits = [(getattr(teacher, "rpm", None), float(load.requests))]
        tokens = load.prompt_tokens + load.requests * _most_output(teacher)
        limits.append((getattr(teacher, "tpm", None), tokens))
        sums = by_teacher.setdefault(plan.teachers.index(teacher), [0.0, 0.0])
        for number, (limit, load_of) in enumerate(limits):
            sums[number] += 60.0 * load_of / limit if limit else 0.0
    longest = sum(max(sums) for sums in by_teacher.values())
    return round(longest, 1) if longest else None
