"""`chemtune apply`: records out of new documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli import complete
from chemtune.cli.shared import AsJson, RunPath, Untuned, give_out

NAME = "apply"


def command(
    run: RunPath,
    documents: Annotated[
        str, typer.Argument(metavar="DOCUMENTS", help="A file, a folder or a glob in quotes.")
    ],
    task: Annotated[
        list[str] | None,
        typer.Option(
            help="A task of the domain; may come again. By default those tuned on.",
            autocompletion=complete.tasks,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="In RUN/applied by default.")
    ] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="csv, parquet or jsonl; by --out if not given.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="WHAT=COLUMN", help="As text=abstract or name=doi; may come again."),
    ] = None,
    chunk: Annotated[
        int | None, typer.Option(min=32, help="Tokens of a document that are asked about at once.")
    ] = None,
    overlap: Annotated[
        int, typer.Option(min=0, help="Tokens that a chunk repeats of the one before.")
    ] = 0,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Tokens of an answer; the recipe's by default.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N documents.")] = None,
    untuned: Untuned = False,
    precision: Annotated[
        str | None, typer.Option(help="float32, bfloat16 or auto; that of the tuning by default.")
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel", help="Begin a CSV file so that Excel reads it as UTF-8.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put tasks to the tuned model about new documents, and write a table of checked records."""
    columns = dict(_column(pair) for pair in column or [])
    from chemtune.use.apply import apply

    result = apply(
        run,
        documents,
        tasks=task or [],
        out=out,
        format=format_,
        columns=columns,
        chunk_tokens=chunk,
        overlap=overlap,
        max_tokens=max_tokens,
        limit=limit,
        untuned=untuned,
        precision=precision,
        excel=excel,
    )
    give_out(result, as_json, show)


def _column(pair: str) -> tuple[str, str]:
    from chemtune.errors import InputError, Problem

    what, sign, column = pair.partition("=")
    if not (what and sign and column):
        raise InputError(Problem(f"{pair!r} is not WHAT=COLUMN", field="--column"))
    return what.strip(), column.strip()


def show(result: dict[str, Any]) -> None:
    """Say what was found."""
    print(
        f"{result['records']} records from {result['documents']} documents "
        f"({', '.join(result['tasks'])}): {result['accepted']} accepted; "
        f"rejected: {_counts(result['rejected'])}; unreadable: {_counts(result['unreadable'])}"
    )
    print(
        f"{result['answers']} answers computed, {result['from_journal']} from the journal "
        f"({result['wall_s']:.1f} s)"
    )
    print(f"table: {result['out']}")
    print(f"left out: {_counts(result['left_out'])}")
    print(f"left out, cut or unreadable: {result['ledger_rows']}  ({result['ledger']})")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.items()) or "none"
