"""`chemtune review`: people read, accept, correct and reject the examples, in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, RunPath, give_out

NAME = "review"


def command(
    run: RunPath,
    host: Annotated[
        str, typer.Option(help="The address to listen at; others than this machine's need a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    reviewer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose decisions they are.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    gold: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Serve nothing; write what people vouch for as gold for `build`."
        ),
    ] = None,
    sample: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --gold: of this sample alone.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Review a run's examples in the browser; compare models; look at runs."""
    if sample is not None and gold is None:
        from chemtune.errors import InputError, Problem

        remedy = "give --gold FILE, or choose the sample on the page"
        raise InputError(Problem("a sample goes with --gold", field="--sample", remedy=remedy))
    if gold is not None:
        from chemtune.dataset.review.to_gold import write_gold
        from chemtune.recipe.find_run import find_run

        lines = write_gold(find_run(run)[0].path, gold, sample=sample or "")
        give_out({"gold": str(gold), "answers": lines}, as_json, show_gold)
        return
    from chemtune.web.serve import review

    made = review(run, host=host, port=port, reviewer=reviewer, browser=browser)
    give_out(made, as_json, show)


def show_gold(result: dict[str, Any]) -> None:
    """Say how much gold there is."""
    print(f"Gold: {result['answers']} answers in {result['gold']}")


def show(result: dict[str, Any]) -> None:
    """Say how much was decided."""
    print(f"Decisions made: {result['decisions']}")
