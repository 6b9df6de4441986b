"""Chart: what was looked at in one part of a set-up, what was found, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from chemtune.errors import ChemtuneError, InputError, Problem

Level = Literal["ok", "note", "warning", "fault"]
MACHINE = ("packages", "machine")


@dataclass(frozen=True)
class Observation:
    """One thing that was looked at.

    Attributes:
        group: The part of the set-up: "packages", "machine", "recipe", "documents", and so on.
        level: "ok"; "note", to know of; "warning", to think about; "fault", to mend first.
        about: What was looked at.
        found: What was found, with its numbers.
        remedy: What to do, or "".
    """

    group: str
    level: Level
    about: str
    found: str
    remedy: str = ""

    @property
    def row(self) -> dict[str, str]:
        """Its fields."""
        return {
            "group": self.group,
            "level": self.level,
            "about": self.about,
            "found": self.found,
            "remedy": self.remedy,
        }


@dataclass
class Chart:
    """The observations of one group."""

    group: str
    seen: list[Observation] = field(default_factory=list)

    @property
    def faults(self) -> bool:
        """Whether one of them is a fault."""
        return any(one.level == "fault" for one in self.seen)

    def add(self, level: Level, about: str, found: str, remedy: str = "") -> None:
        """Write down what was found."""
        self.seen.append(Observation(self.group, level, about, found, remedy))

    def ok(self, about: str, found: str) -> None:
        """Write down what is as it should be."""
        self.add("ok", about, found)

    def note(self, about: str, found: str, remedy: str = "") -> None:
        """Write down what is to be known."""
        self.add("note", about, found, remedy)

    def warn(self, about: str, found: str, remedy: str = "") -> None:
        """Write down what is to be thought about."""
        self.add("warning", about, found, remedy)

    def fault(self, about: str, found: str, remedy: str = "") -> None:
        """Write down what will fail."""
        self.add("fault", about, found, remedy)

    def failed(self, error: ChemtuneError, about: str) -> None:
        """Write down every fault that an error holds; `about` names those without a field."""
        problems: Iterable[Problem] = [Problem(str(error))]
        if isinstance(error, InputError):
            problems = error.problems
        for one in problems:
            place = "" if one.file is None else here(Path(one.file))
            place += "" if one.line is None else f":{one.line}"
            found = f"{place}: {one.message}" if place else one.message
            self.fault(_named(about, one.field), found, one.remedy or "")


def _named(about: str, name: str | None) -> str:
    """The field's name; behind the part of the recipe that it is looked up for."""
    if not name or name == about or about.endswith(f".{name}"):
        return about
    return name if "." in name or "[" in name or not about else f"{about}, {name}"


def existing(path: Path) -> Path:
    """Return what of a path is there: itself, or the nearest above it."""
    path = path.absolute()
    return next(one for one in (path, *path.parents) if one.exists())


def here(path: Path) -> str:
    """Return a path as people read it: from the current folder, where it is below that."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def address(url: str) -> str:
    """Return an address as it may be shown: without the name and password that it may hold."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def size(number: float) -> str:
    """Return bytes as people read them."""
    return f"{number / 2**30:.1f} GiB" if number >= 2**29 else f"{number / 2**20:.0f} MiB"


def span(seconds: float) -> str:
    """Return a time as people read it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
