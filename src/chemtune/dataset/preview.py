"""What a build would ask, and what it would cost, without asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chemtune.dataset.ledger import Ledger
from chemtune.dataset.plan import Plan
from chemtune.errors import InputError, Problem
from chemtune.messages import Message
from chemtune.recipe.load import load_recipe
from chemtune.recipe.schema import Recipe


def preview(recipe: Recipe | Path | str, *, limit: int | None = None) -> dict[str, Any]:
    """Return what `build` would ask, without asking: the counts, and one prompt of each task.

    Tokens are estimated at four characters each, 1.5 where the text is Korean.
    """
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    ledger, documents, requests = Ledger(), set[str](), 0
    prompts: dict[str, list[Message]] = {}
    tokens = 0.0
    for job in Plan.of(recipe).jobs(ledger, limit=limit):
        documents.add(job.document.id)
        if job.known() is not None:
            continue
        requests += 1
        messages = list(job.request().messages)
        prompts.setdefault(job.task.name, messages)
        for message in messages:
            tokens += len(message["content"]) / (1.5 if job.document.language == "ko" else 4)
    if not documents:
        reasons = ", ".join(f"{n} {reason}" for reason, n in ledger.by_reason().items())
        raise InputError(Problem(f"no document is left to build from ({reasons})", recipe._file))
    return {
        "documents": len(documents),
        "requests": requests,
        "prompt_tokens_estimate": round(tokens),
        "left_out": ledger.by_reason(),
        "prompts": prompts,
    }
