"""`chemtune serve`: the model for any client of OpenAI's protocol."""

from __future__ import annotations

from typing import Annotated

import typer

from chemtune.cli.shared import RunPath, Untuned

NAME = "serve"


def command(
    run: RunPath,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    api_key_env: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The variable with the key that requests must bring."),
    ] = None,
    max_tokens: Annotated[
        int, typer.Option(min=1, help="Of an answer, where the request does not say.")
    ] = 1024,
    untuned: Untuned = False,
    precision: Annotated[
        str | None, typer.Option(help="float32, bfloat16 or auto; that of the tuning by default.")
    ] = None,
) -> None:
    """Serve the tuned model over HTTP, for every client that speaks OpenAI's chat protocol."""
    from chemtune.use.serve import serve

    serve(
        run,
        host=host,
        port=port,
        api_key_env=api_key_env,
        max_tokens=max_tokens,
        untuned=untuned,
        precision=precision,
    )
