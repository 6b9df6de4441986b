"""What a build would ask, and what it would cost, without asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chemtune.dataset.ledger import Ledger
from chemtune.dataset.loads import Loads
from chemtune.dataset.plan import Plan
from chemtune.errors import InputError, Problem
from chemtune.messages import Message
from chemtune.recipe.load import load_recipe
from chemtune.recipe.schema import Recipe


def preview(recipe: Recipe | Path | str, *, limit: int | None = None) -> dict[str, Any]:
    """Return what `build` would ask, without asking.

    Tokens are estimated, see `Loads`. What the journal holds already is counted too, so that a
    build may cost less.

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
    asked = Loads(plan)
    for job in plan.jobs(ledger, limit=limit):
        documents.add(job.document.id)
        if job.known() is not None:
            continue
        if job.task.name not in prompts:
            prompts[job.task.name] = list(job.request().messages)
        asked.add(job)
    if not documents:
        reasons = ", ".join(f"{n} {reason}" for reason, n in ledger.by_reason().items())
        raise InputError(Problem(f"no document is left to build from ({reasons})", recipe._file))
    return {
        "documents": len(documents),
        "requests": asked.requests,
        "prompt_tokens_estimate": asked.prompt_tokens,
        "reply_tokens_most": asked.reply_tokens,
        "cost_usd_most": asked.cost_usd(needed=recipe.budget_usd is not None),
        "budget_usd": recipe.budget_usd,
        "seconds_at_limits": asked.seconds(),
        "left_out": ledger.by_reason(),
        "prompts": prompts,
    }
