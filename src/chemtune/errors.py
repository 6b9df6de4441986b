"""The errors a user sees, each with an exit code: 1 failed, 2 bad input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# A file of another form has a fault in each of its lines.
SHOWN = 20


class ChemtuneError(Exception):
    """Something failed that was not the input's fault: a server, a disk, a library."""

    exit_code = 1

    def told(self) -> str:
        """The error as its user reads it, in the user's language; `str` is the English."""
        from chemtune.wording.translate import translated

        return translated(str(self))


class Interrupted(ChemtuneError):
    """The user asked to stop; what was done so far is kept, and the next run goes on from it."""

    exit_code = 1


@dataclass(frozen=True)
class Problem:
    """One fault of an input: where it stands, what stands there, and what would be right."""

    message: str
    file: Path | str | None = None
    line: int | None = None
    field: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        return self._text(self.message, self.remedy)

    def told(self) -> str:
        """The problem as its user reads it, in the user's language; `str` is the English."""
        from chemtune.wording.translate import translated

        return self._text(translated(self.message), translated(self.remedy or ""))

    def _text(self, message: str, remedy: str | None) -> str:
        place = "" if self.file is None else str(self.file)
        if self.line is not None:
            place += f":{self.line}"
        parts = [part for part in (place, self.field, message) if part]
        text = ": ".join(parts)
        return f"{text} ({remedy})" if remedy else text


class InputError(ChemtuneError):
    """Bad input: a recipe, file, option or name that the user can mend. Holds every fault found."""

    exit_code = 2

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = [Problem(p) if isinstance(p, str) else p for p in problems]
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def told(self) -> str:
        """The first problems, on a line of their own each, in the user's language."""
        from chemtune.wording.translate import translated

        lines = [problem.told() for problem in self.problems[:SHOWN]]
        left = len(self.problems) - len(lines)
        if left:
            lines.append(translated(f"and {left} more like these"))
        return "\n".join(lines)


def nearest(name: str, known: list[str]) -> str:
    """Return a remedy for an unknown name: the nearest known one, else all of them."""
    import difflib

    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(sorted(known)) if known else "none is known"
