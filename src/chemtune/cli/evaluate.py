"""`chemtune evaluate`: step 3, of a recipe or of a model on files of questions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli import complete
from chemtune.cli.shared import AsJson, OutFolder, give_out, open_recipe
from chemtune.wording.translate import translated, worded

NAME = "evaluate"
CHOICES = {
    "precision": ("float32", "bfloat16", "auto"),
    "scoring": ("likelihood", "generate", "both"),
    "options": ("labels", "texts"),
}


# What a recipe says itself, under `evaluation` and `tuning`.
OF_RECIPE = (
    "model", "questions", "benchmark", "adapter", "endpoint", "api_key_env", "budget_usd",
    "shots", "shots_from", "scoring", "options", "chat", "answer_tokens", "permute",
    "training_data", "limit", "split", "subject", "precision", "seed",
)  # fmt: skip


def command(
    context: typer.Context,
    recipe: Annotated[
        Path | None,
        typer.Argument(
            metavar="[RECIPE]",
            help="A recipe; or use --model.",
            autocompletion=complete.projects,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="A preset, a folder, or a hub name such as org/model.",
            autocompletion=complete.models,
        ),
    ] = None,
    adapter: Annotated[
        Path | None, typer.Option(help="A folder with an adapter in PEFT's format.")
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask --model there, by the OpenAI chat protocol."),
    ] = None,
    api_key_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="The variable that holds the endpoint's key.")
    ] = None,
    budget_usd: Annotated[
        float | None, typer.Option(min=0, help="What the endpoint's answers may cost in all.")
    ] = None,
    questions: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Multiple choice, CSV or JSON Lines; several times."),
    ] = None,
    benchmark: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A question set of the domain.")
    ] = None,
    shots: Annotated[int, typer.Option(min=0, help="Solved questions before each one.")] = 0,
    shots_from: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Where they come from; once, or for each --questions."),
    ] = None,
    scoring: Annotated[
        str | None, typer.Option(help="likelihood, generate (answers in words) or both.")
    ] = None,
    options: Annotated[
        str, typer.Option(help="Score the likelihood of the options' labels or texts.")
    ] = "labels",
    chat: Annotated[
        bool, typer.Option("--chat", help="Likelihood behind the model's chat template.")
    ] = False,
    answer_tokens: Annotated[int, typer.Option(min=1, help="Of an answer in words, at most.")] = 64,
    permute: Annotated[
        bool, typer.Option("--permute", help="Ask in every cyclic order of the options.")
    ] = False,
    training_data: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What it was tuned on: tells the score without that."),
    ] = None,
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
    """Evaluate a recipe's model before and after tuning, or any model on questions (step 3)."""
    from chemtune.errors import InputError

    if recipe is not None:
        _refuse_options(context)
    if recipe is not None:
        opened = open_recipe(recipe, out)
        from chemtune.evaluation.evaluate import evaluate

        give_out(evaluate(opened), as_json, lambda _: show_run(opened.run_folder))
        return
    if model is None or not (questions or benchmark):
        raise InputError("give a recipe, or --model with --questions or --benchmark")
    for name, said in (("precision", precision), ("scoring", scoring), ("options", options)):
        if said is not None and said not in CHOICES[name]:
            raise InputError(f"--{name}: {said!r} is none of {', '.join(CHOICES[name])}")
    from chemtune.evaluation.evaluate_questions import evaluate_questions

    result = evaluate_questions(
        model=model,
        questions=questions or (),
        benchmarks=benchmark or (),
        adapter=adapter,
        endpoint=endpoint,
        api_key_env=api_key_env,
        budget_usd=budget_usd,
        subject=subject,
        split=split,
        limit=limit,
        shots=shots,
        shots_from=shots_from,
        permute=permute,
        scoring=scoring,  # type: ignore[arg-type]
        options=options,  # type: ignore[arg-type]
        chat=chat,
        answer_tokens=answer_tokens,
        training_data=training_data,
        precision=precision,
        seed=seed,
        out=out,
    )
    give_out(result, as_json, show_cards)


def _refuse_options(context: typer.Context) -> None:
    """Beside a recipe, an option that the recipe has a field for would be passed over."""
    from chemtune.errors import InputError, Problem

    given = [
        f"--{name.replace('_', '-')}"
        for name in OF_RECIPE
        if (source := context.get_parameter_source(name)) and source.name == "COMMANDLINE"
    ]
    if given:
        message = f"{', '.join(given)} goes with --model, and a recipe is given"
        remedy = "write it into the recipe, under `evaluation`"
        raise InputError(Problem(message, remedy=remedy))


def show_run(run: Path) -> None:
    """Show a run's comparison before and after to people."""
    from rich.console import Console

    from chemtune.experiment.comparison import compare
    from chemtune.experiment.results import read_results
    from chemtune.experiment.table import print_comparison

    results = read_results(run)
    compared = compare(results.scores or {}, results.question_predictions())
    print_comparison(Console(highlight=False), compared)


def show_cards(result: dict[str, Any]) -> None:
    """Show the scorecards of all sets to people."""
    for card in result["questions"].values():
        _show_card(card)
        if "generated" in card:
            both = card["disagreement"]
            _show_card(card["generated"])
            print(f"  chosen differently: {both['differ']} of the {both['total']} that both answer")


def _show_card(card: Mapping[str, Any]) -> None:
    how = " in words" if card["scoring"] == "generate" else ""
    print(f"{card['name']}{how}: {_share(card)} right; macro F1 {card['f1_macro']:.4f}")
    if not card["total"]:
        return
    constant, most = card["constant"], card["favourite"]
    p = "< 0.001" if constant["p"] < 0.001 else f"= {constant['p']:.3f}"
    print(
        f"  {constant['label']} for all would get {card['best_constant']}"
        f" (McNemar p {p}); by chance {card['baselines']['random']:.0f};"
        f" the longest option {card['baselines']['longest_option']}"
    )
    print(f"  answers given: {_counts(card['answers'])}; none: {card['unreadable']}")
    print(f"  key:           {_counts(card['key'])}")
    if most and most["dominates"]:
        print(f"  {most['label']} for {most['count']} questions is a habit, whatever the score")
    for name, title in (
        ("strict", "in the form asked for alone"),
        ("calibrated", "calibrated by a prompt that says nothing"),
        ("normalized", "by likelihood a character"),
        ("clean", "of the questions that the training data do not hold"),
    ):
        if name in card:
            print(f"  {translated(title)}: {_share(card[name])}")
    if "permuted" in card:
        permuted = card["permuted"]
        low, high = permuted["interval95"]
        print(
            f"  over all cyclic orders of the options: {permuted['accuracy']:.4f}"
            f" [{low:.3f}, {high:.3f}]; answered alike in all:"
            f" {permuted['consistent']:.3f} of the questions"
        )
    for part in ("levels", "subjects"):
        for name, share in card.get(part, {}).items():
            print(f"  {name}: {_share(share)}")
    print(f"  predictions: {card['predictions']}")


def _share(card: Mapping[str, Any]) -> str:
    low, high = card["interval95"]
    values = card["correct"], card["total"], f"{low:.3f}", f"{high:.3f}"
    return worded("{} of {} [{}, {}]", *values)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{label} {count}" for label, count in counts.items()) or "-"
