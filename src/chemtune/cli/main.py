"""The command line. Exit codes: 0 done, 1 failed, 2 bad input."""

from __future__ import annotations

import errno
import sys

import typer

from chemtune.cli import (
    apply,
    average,
    build,
    chat,
    compare,
    demo,
    doctor,
    evaluate,
    experiment,
    export,
    init,
    journal,
    report,
    review,
    run,
    serve,
    share,
    tune,
)
from chemtune.errors import ChemtuneError
from chemtune.wording.locale import language
from chemtune.wording.translate import translated

app = typer.Typer(
    name="chemtune",
    help="Turn your chemistry documents into a chemistry LLM, in English and Korean, and prove it.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
STEPS = (demo, init, doctor, run, build, tune, evaluate, experiment)
AFTERWARDS = (review, compare, average, report, export, share, apply, chat, serve)
for command in (*STEPS, *AFTERWARDS):
    app.command(name=command.NAME)(command.command)
app.add_typer(journal.app, name=journal.NAME)

# What typer makes of Ctrl-C.
INTERRUPTED = 130
FULL = "No space left on device"
NOT_ALLOWED = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


@app.callback(invoke_without_command=True)
def options(
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    """Print what is asked of the program itself."""
    if version:
        from chemtune import __version__

        print(f"chemtune {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command that the arguments name, and exit with its code."""
    try:
        if language() == "en":
            app()
        else:
            from chemtune.cli.korean import run_in_korean

            sys.exit(run_in_korean(app))
    except ChemtuneError as error:
        _say(error.told())
        sys.exit(error.exit_code)
    except SystemExit as ended:
        if ended.code != INTERRUPTED:
            raise
        _say(translated("interrupted; what was finished is kept, run again to go on"))
        sys.exit(1)
    except Exception as error:
        said = _disk_fault(error)
        if said is None:
            raise
        _say(translated(said))
        sys.exit(1)


def _say(message: str) -> None:
    for line in message.splitlines():
        print(f"chemtune: {line}", file=sys.stderr)


def _disk_fault(error: Exception) -> str | None:
    """What to tell of an error that is the disk's or the folder's, else None."""
    number = getattr(error, "errno", None)
    # Libraries wrap the system's error in their own, and keep its words.
    if number == errno.ENOSPC or FULL in str(error):
        return "the disk is full; what was finished is kept. Make room, then run again to go on"
    if isinstance(error, OSError) and number in NOT_ALLOWED and error.filename:
        remedy = "nothing can be kept here: mend your rights, or name another folder with --out"
        return f"{error.filename}: {error.strerror} ({remedy})"
    return None
