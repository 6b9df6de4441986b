"""`chemtune build`: step 1, the data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, OutFolder, RecipePath, give_out, open_recipe

NAME = "build"


def command(
    recipe: RecipePath,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first N documents of each source.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be asked, and ask nothing.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: make the data set from the journal.")
    ] = False,
    gold: Annotated[
        Path | None,
        typer.Option(help="Answers to compare with: JSON Lines of document, task and reply."),
    ] = None,
    as_json: AsJson = False,
    out: OutFolder = None,
) -> None:
    """Build the instruction data: documents and instructions go to the teacher (step 1)."""
    from chemtune.dataset.build import build
    from chemtune.dataset.preview import preview

    opened = open_recipe(recipe, out)
    if dry_run:
        give_out(preview(opened, limit=limit), as_json, show_preview)
    else:
        give_out(build(opened, limit=limit, offline=offline, gold=gold), as_json, show)


def show(result: dict[str, Any]) -> None:
    """Show the counts of a data set to people."""
    rejected = ", ".join(f"{count} {reason}" for reason, count in result["rejected"].items())
    print(
        f"Data set: {result['accepted']} examples from {result['documents']} documents; "
        f"{result['requests']} requests sent, {result['replies_from_journal']} from the journal; "
        f"rejected: {rejected or 'none'}  ({result['run']}/dataset)"
    )
    if result["cost_usd"]:
        print(f"Cost of the replies that came: {result['cost_usd']:.4f} USD")
    if result["gold"]:
        _show_gold(result["gold"])
    if result["judge"]:
        _show_judge(result["judge"])
    if result["reviewed"]:
        _show_reviewed(result["reviewed"])
    if result["stopped"]:
        print(f"Not everything was asked: {result['stopped']}")


def _show_gold(gold: dict[str, Any]) -> None:
    print(
        "Against gold (answers compared, items of the gold, precision, recall, F1 with interval):"
    )
    for one in gold["fields"]:
        low, high = one["interval"]
        which = "accepted" if one["accepted"] else "all"
        print(
            f"  {one['task']:26} {one['field']:12} {which:9} {one['examples']:>5} "
            f"{one['items']:>6}   {one['precision']:.2f}  {one['recall']:.2f}  "
            f"{one['f1']:.2f} [{low:.2f}, {high:.2f}]"
        )
    for one in gold["caught"]:
        print(
            f"  {one['task']}: the checks rejected {one['wrong_rejected']} of {one['wrong']} "
            f"answers that differ from gold, and {one['right_rejected']} of {one['right']} others"
        )
    if gold["unmet"]:
        shown = "; ".join(gold["unmet"][:3])
        print(f"  {len(gold['unmet'])} answers of the gold are not in the build: {shown}")


def _show_judge(judge: dict[str, Any]) -> None:
    low, high = judge["interval"]
    word = "its word rejects" if judge["trusted"] else "its word is only a warning"
    print(
        f"Judge: agrees with gold on {judge['agreed']} of {judge['answers']} answers, kappa "
        f"{judge['kappa']:.2f} [{low:.2f}, {high:.2f}]; {word}"
    )


def _show_reviewed(reviewed: dict[str, Any]) -> None:
    taken = [f"{reviewed[k]} {k}" for k in ("accepted", "rejected", "corrected") if reviewed[k]]
    kinds = {"disputed": "disputed", "stale": "about answers that changed since",
             "unreadable": "unreadable"}  # fmt: skip
    left = [f"{reviewed[kind]} {said}" for kind, said in kinds.items() if reviewed[kind]]
    parts = [f"People's decisions: {', '.join(taken) or 'none taken'}"]
    if left:
        first = "; ".join(reviewed["look_again"][:3])
        parts.append(f"{', '.join(left)}: look at them again ({first})")
    if reviewed["unmet"]:
        parts.append(f"{reviewed['unmet']} about documents that are not in this build")
    print("; ".join(parts))


def show_preview(result: dict[str, Any]) -> None:
    """Show what would be asked."""
    for task, messages in result["prompts"].items():
        print(f"--- {task}")
        for message in messages:
            print(f"[{message['role']}]\n{message['content']}\n")
    print(
        f"{result['requests']} requests for {result['documents']} documents, about "
        f"{result['prompt_tokens_estimate']} tokens of prompts and at most "
        f"{result['reply_tokens_most']} of replies."
    )
    cost, seconds = result["cost_usd_most"], result["seconds_at_limits"]
    price = (
        "The price is not known"
        if cost is None
        else f"About {cost:.4f} USD where every reply is as long as it may be"
    )
    time = "" if seconds is None else f"; {seconds:.0f} s at the limits"
    print(f"{price}{time}. Nothing was sent.")
    budget = result["budget_usd"]
    if budget is not None and cost is not None and cost > budget:
        print(f"That is more than budget_usd ({budget:g}): asking may stop before the end.")
