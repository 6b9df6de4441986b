"""Lists of options that a reply only repeats, also altered ones and such as were cut off."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chemtune.evaluation.answers.claims import IS_ANSWER, LINE, STATES
from chemtune.evaluation.answers.mentions import REJECTS_AFTER, VERDICT
from chemtune.evaluation.answers.options import LABEL, Options, position_of

SET_OFF = re.compile(r"[.:)]")


def without_lists(text: str, options: Options) -> str:
    """Return a text without its lists of options, unless they say of an option what it is worth.

    A list is two lines or more, not all of them labels alone, that begin with labels one after the
    other. Where a small model goes on to "⑦", or is cut off behind "D.", that is no answer.
    """
    kept: list[str] = []
    run: list[_Item] = []
    for line in [*LINE.findall(text), ""]:
        item = _item(line, options)
        if run and (item is None or item.place <= run[-1].place):
            if not _repeats(run):
                kept += [listed.line for listed in run]
            run = []
        if item is None:
            kept.append(line)
        else:
            run.append(item)
    return "\n".join(kept).strip()


@dataclass(frozen=True)
class _Item:
    """A line that begins with a label: its place, what follows, and that without option words."""

    line: str
    place: int
    text: str
    beside: str


def _item(line: str, options: Options) -> _Item | None:
    match = LABEL.match(line)
    if match is None:
        return None
    bare = match.lastgroup == "bare"
    # "1. First, …" is a step of a calculation.
    if bare and (match["bare"].isdigit() or not SET_OFF.match(line, match.end())):
        return None
    words = options.words_at(line, match.end())
    beside = line[words.end if words else match.end() :]
    return _Item(line, position_of(match), line[match.end() :].strip(" .:)"), beside)


def _repeats(run: list[_Item]) -> bool:
    says = any(
        pattern.search(item.beside)
        for item in run
        for pattern in (STATES, REJECTS_AFTER, VERDICT, IS_ANSWER)
    )
    return len(run) > 1 and not says and any(item.text for item in run)
