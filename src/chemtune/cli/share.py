"""`chemtune share`: what may be given away of a data set without the texts of its documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, RunPath, give_out

NAME = "share"


def command(
    run: RunPath,
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to.")],
    as_json: AsJson = False,
) -> None:
    """Write identifiers, offsets and rights of a data set, without any text of its documents."""
    from chemtune.dataset.manifest import export

    give_out({**export(run, out), "out": str(out)}, as_json, show)


def show(result: dict[str, Any]) -> None:
    """Say what was written."""
    print(
        f"{result['documents']} documents and {result['examples']} examples, by identifier and "
        f"offset, without any text: {result['out']}"
    )
