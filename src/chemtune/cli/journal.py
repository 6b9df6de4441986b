"""`chemtune journal`: look into a journal, and carry replies from one to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chemtune.cli.shared import AsJson, give_out
from chemtune.wording.translate import worded

NAME = "journal"

JournalPath = Annotated[
    Path, typer.Argument(metavar="JOURNAL", help="The SQLite file, or the run's folder.")
]
app = typer.Typer(help="Look into the journal of replies, export it, or merge another into it.")


@app.command()
def info(path: JournalPath, as_json: AsJson = False) -> None:
    """Count the replies of a journal, and what they cost."""
    from chemtune.teachers.batch_book import under_way

    with _opened(path) as journal:
        batches, in_batches = under_way(journal)
        result = {
            "journal": str(journal.path),
            "replies": len(journal),
            "by_teacher": journal.by_teacher(),
            "spent_usd": round(journal.spent_usd(), 6),
            "batches": batches,
            "requests_in_batches": in_batches,
            "bytes": journal.path.stat().st_size,
        }
    give_out(result, as_json, _show_info)


@app.command()
def compact(path: JournalPath) -> None:
    """Make the file as small as it can be; no reply is lost."""
    with _opened(path) as journal:
        before, after = journal.compact()
    print(f"{_file(path)}: {before / 2**20:.1f} MiB before, {after / 2**20:.1f} MiB now")


@app.command()
def export(path: JournalPath, to: Annotated[Path, typer.Argument(help="JSON Lines.")]) -> None:
    """Write every reply as a line of JSON."""
    from chemtune.teachers.exchange import export_journal

    with _opened(path) as journal:
        print(f"{export_journal(journal, to)} replies written to {to}")


@app.command("import")
def import_(
    path: JournalPath, source: Annotated[Path, typer.Argument(help="An exported journal.")]
) -> None:
    """Merge an exported journal; replies that are there already stay."""
    from chemtune.teachers.exchange import import_journal
    from chemtune.teachers.journal import Journal

    with Journal(_file(path)) as journal:
        lines, new = import_journal(journal, source)
    print(f"{new} of {lines} replies are new in {_file(path)}")


def _file(path: Path) -> Path:
    # A name without an ending is the folder of a run that is still to come.
    folder = path.is_dir() or not (path.exists() or path.suffix)
    return path / "journal.sqlite" if folder else path


def _opened(path: Path) -> Any:
    from chemtune.errors import InputError, Problem
    from chemtune.teachers.journal import Journal

    file = _file(path)
    if not file.is_file():
        raise InputError(Problem("there is no journal", file, remedy="name a run's folder"))
    return Journal(file)


def _show_info(result: dict[str, Any]) -> None:
    counts = result["by_teacher"].items()
    by_teacher = ", ".join(worded("{} of {}", count, name) for name, count in counts)
    print(
        f"{result['journal']}: {result['replies']} replies ({by_teacher or 'none'}), "
        f"{result['bytes'] / 2**20:.1f} MiB, {result['spent_usd']:.4f} USD noted as spent"
    )
    if result["batches"]:
        print(
            f"{result['requests_in_batches']} requests are in batches that are not fetched yet "
            f"({result['batches']}); their worst case counts as spent"
        )
