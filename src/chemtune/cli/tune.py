"""`chemtune tune`: step 2, the adapter."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, OutFolder, RecipePath, give_out, open_recipe

NAME = "tune"


def command(
    recipe: RecipePath,
    preview: Annotated[
        bool,
        typer.Option("--preview", help="Show an example of each task as tokens, and tune nothing."),
    ] = False,
    as_json: AsJson = False,
    out: OutFolder = None,
) -> None:
    """Tune the model on the data set with LoRA (step 2); resumes from the last checkpoint."""
    opened = open_recipe(recipe, out)
    if preview:
        from chemtune.tuning.preview import preview_tokens

        give_out(preview_tokens(opened), as_json, show_preview)
    else:
        from chemtune.tuning.tune import tune

        give_out(tune(opened), as_json, show)


def show(result: dict[str, Any]) -> None:
    """Show what a tuning did to people."""
    print(
        f"Adapter: {result['steps']} steps, {result['tokens']} tokens "
        f"({result['label_tokens']} learned, {result['tokens_run']} run), "
        f"{result['tokens_per_second']:.0f} tokens/s, "
        f"loss {result['loss_first']:.3f} -> {result['loss_last']:.3f}, "
        f"peak memory {result['peak_memory_bytes'] / 2**30:.1f} GiB  ({result['adapter']})"
    )
    for name, about in (("validation_loss", "held-out examples"), ("probe_loss", "general text")):
        losses = [loss for _, loss in result.get(name, [])]
        if len(losses) > 1:
            print(f"Loss on {about}: {losses[0]:.3f} before, {losses[-1]:.3f} after")
    if "best_step" in result:
        print(f"The adapter of step {result['best_step']} is kept, the best on held-out examples")


def show_preview(result: dict[str, Any]) -> None:
    """Show examples with what is learned in colour, and in brackets where there is no colour."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for example in result["examples"]:
        console.print(
            f"--- {example['task']}: {example['tokens']} tokens, {example['learned']} learned"
        )
        console.print(Text(example["prompt"], style="dim"), end="")
        learned = example["answer"]
        console.print(Text(learned if console.is_terminal else f"[[{learned}]]", style="green"))
