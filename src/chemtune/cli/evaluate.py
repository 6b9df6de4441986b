"""`chemtune evaluate`: step 3, of a recipe or of a model on a file of questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, OutFolder, give_out, open_recipe

NAME = "evaluate"


def command(
    recipe: Annotated[
        Path | None, typer.Argument(metavar="[RECIPE]", help="A recipe; or use --model.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A preset, a folder, or a hub name such as org/model.")
    ] = None,
    adapter: Annotated[
        Path | None, typer.Option(help="A folder with an adapter in PEFT's format.")
    ] = None,
    questions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Multiple choice, as CSV or JSON Lines.")
    ] = None,
    shots: Annotated[int, typer.Option(min=0, help="Solved questions before each one.")] = 0,
    shots_from: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the solved questions come from.")
    ] = None,
    permute: Annotated[
        bool, typer.Option("--permute", help="Ask in every cyclic order of the options.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="A sample of N questions, drawn by seed.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Only the questions of this split.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="What they are about; from the file's name by default.")
    ] = None,
    precision: Annotated[str, typer.Option(help="float32, bfloat16 or auto.")] = "float32",
    seed: Annotated[int, typer.Option(min=0, help="Of the sample.")] = 0,
    as_json: AsJson = False,
    out: OutFolder = None,
) -> None:
    """Evaluate a recipe's model before and after tuning, or any model on a file (step 3)."""
    from chemtune.errors import InputError

    if recipe is not None and (model or questions):
        raise InputError("give a recipe, or --model with --questions, not both")
    if recipe is not None:
        from chemtune.evaluation.evaluate import evaluate

        opened = open_recipe(recipe, out)
        give_out(evaluate(opened), as_json, lambda _: show_run(opened.run_folder))
        return
    if model is None or questions is None:
        raise InputError("give a recipe, or --model with --questions")
    if precision not in ("float32", "bfloat16", "auto"):
        raise InputError(f"--precision: {precision!r} is not float32, bfloat16 or auto")
    from chemtune.evaluation.evaluate import evaluate_questions

    card = evaluate_questions(
        model=model,
        questions=questions,
        adapter=adapter,
        subject=subject,
        split=split,
        limit=limit,
        shots=shots,
        shots_from=shots_from,
        permute=permute,
        precision=precision,
        seed=seed,
        out=out,
    )
    give_out(card, as_json, show_card)


def show_run(run: Path) -> None:
    """Show a run's comparison before and after to people."""
    from rich.console import Console

    from chemtune.experiment.comparison import compare
    from chemtune.experiment.results import read_results
    from chemtune.experiment.table import print_comparison

    results = read_results(run)
    compared = compare(results.scores or {}, results.question_predictions())
    print_comparison(Console(highlight=False), compared)


def show_card(card: dict[str, Any]) -> None:
    """Show one set's scorecard to people."""
    low, high = card["interval95"]
    total = card["total"]
    print(f"{card['name']}: {card['correct']} of {total} right ({card['f1_micro']:.4f}),")
    print(f"  95% interval {low:.3f} to {high:.3f}; macro F1 {card['f1_macro']:.4f}")
    print(f"  always the same letter would get {card['best_constant']}")
    print(f"  answers given: {_counts(card['answers'])}; unreadable: {card['unreadable']}")
    print(f"  key:           {_counts(card['key'])}")
    if "permuted" in card:
        permuted = card["permuted"]
        print(
            f"  over all cyclic orders of the options: {permuted['accuracy']:.4f}; "
            f"answered alike in all: {permuted['consistent']:.3f} of the questions"
        )
    print(f"  predictions: {card['predictions']}")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{label} {count}" for label, count in counts.items())
