"""The command line in Korean: its help, what it says of wrong arguments, and results for people."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO

import typer

from chemtune.wording.translate import read_entries, translated, translated_line, worded

# Words of the help that are the library's and not the commands'.
WORDS = {
    r"^Usage:": "사용법:",
    r"^Arguments:$": "인자:",
    r"^Options:$": "옵션:",
    r"^Commands:$": "명령:",
    r"\[required\]": "[필수]",
    r"\[default: ": "[기본값: ",
    r"Show this message and exit\.": "이 도움말을 보여 줍니다.",
}


def run_in_korean(app: typer.Typer) -> int:
    """Run the command that the arguments name; returns the exit code."""
    command = typer.main.get_command(app)
    _translate_help(command, read_entries("help_ko.yaml"))
    try:
        # The library would tell of wrong arguments in English.
        code = command.main(standalone_mode=False)
    except typer.Abort:
        return 1
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        return _misused(error)
    return code if isinstance(code, int) else 0


def _misused(error: Any) -> int:
    """Tell of wrong arguments; without any, the library's message is the whole help."""
    said = error.format_message()
    context = getattr(error, "ctx", None)
    if "\n" in said:
        print(said, file=sys.stderr)
    else:
        print(f"chemtune: {translated(said)}", file=sys.stderr)
        if context is not None:
            help_command = f"{context.command_path} --help"
            print(f"chemtune: {worded('see {}', help_command)}", file=sys.stderr)
    return int(error.exit_code)


@contextmanager
def results_in_korean() -> Iterator[None]:
    """Translate the lines that are printed in the block."""
    with redirect_stdout(_Lines(sys.stdout)):
        yield


class _Lines:
    """A stream that translates what it is given, where that is one line and a known message."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(translated_line(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _translate_help(command: Any, known: dict[str, str]) -> None:
    said = command.get_help
    command.get_help = lambda context: _in_words(said(context))
    command.help = known.get(command.help, command.help)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = known.get(parameter.help, parameter.help)
    for below in getattr(command, "commands", {}).values():
        _translate_help(below, known)


def _in_words(help_text: str) -> str:
    for pattern, word in WORDS.items():
        help_text = re.sub(pattern, word, help_text, flags=re.MULTILINE)
    return help_text
