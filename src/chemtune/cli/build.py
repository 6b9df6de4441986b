"""`chemtune build`: step 1, the data set."""

from __future__ import annotations

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
        give_out(build(opened, limit=limit), as_json, show)


def show(result: dict[str, Any]) -> None:
    """Show the counts of a data set to people."""
    rejected = ", ".join(f"{count} {reason}" for reason, count in result["rejected"].items())
    print(
        f"Data set: {result['accepted']} examples from {result['documents']} documents; "
        f"{result['requests']} requests sent, {result['replies_from_journal']} from the journal; "
        f"rejected: {rejected or 'none'}  ({result['run']}/dataset)"
    )


def show_preview(result: dict[str, Any]) -> None:
    """Show what would be asked."""
    for task, messages in result["prompts"].items():
        print(f"--- {task}")
        for message in messages:
            print(f"[{message['role']}]\n{message['content']}\n")
    print(
        f"{result['requests']} requests for {result['documents']} documents, about "
        f"{result['prompt_tokens_estimate']} tokens of prompts. Nothing was sent."
    )
