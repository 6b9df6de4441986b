"""`chemtune chat`: talk to the model."""

from __future__ import annotations

from typing import Annotated

import typer

from chemtune.cli.shared import RunPath, Untuned

NAME = "chat"


def command(
    run: RunPath,
    compare: Annotated[
        bool, typer.Option("--compare", help="Let the untuned model answer too.")
    ] = False,
    untuned: Untuned = False,
    system: Annotated[str | None, typer.Option(metavar="TEXT", help="A system message.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of an answer.")] = 512,
    temperature: Annotated[
        float, typer.Option(min=0, max=2, help="0 takes the likeliest token.")
    ] = 0.0,
    top_p: Annotated[
        float, typer.Option(min=0.01, max=1, help="Draw among the likeliest tokens alone.")
    ] = 1.0,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the draws.")] = None,
    precision: Annotated[
        str | None, typer.Option(help="float32, bfloat16 or auto; that of the tuning by default.")
    ] = None,
) -> None:
    """Talk to the tuned model; lines of a pipe are answered one by one."""
    from chemtune.use.chat import chat

    chat(
        run,
        compare=compare,
        untuned=untuned,
        system=system,
        max_tokens=max_tokens,
        temperature=temperature,
        top_p=top_p,
        seed=seed,
        precision=precision,
    )
