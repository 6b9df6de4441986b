"""Messages in the user's language, found by their English text.

The source writes its messages in English, with values in them. The catalogue `ko.yaml` maps the
English of each, with `{}` for a value, to Korean, where `{1}` is the first value and `{1!t}` the
first value translated in turn. At the edge, where a message becomes text for people, the English is
matched with these templates. What matches none stays as it is: so data are never guessed at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter

from chemtune.wording.locale import language

# A template of less text than this would match what it does not mean.
LEAST_TEXT, LEAST_TEXT_BEHIND_A_HOLE = 5, 8
# A value within a value within a message is as far as it goes.
DEPTH = 3


@dataclass(frozen=True)
class Entry:
    """A template and its translation.

    Attributes:
        literals: The text before, between and after the holes.
        parts: Of the translation: a text, or the index of a hole from 0.
        spoken: The holes that are translated in turn.
    """

    literals: tuple[str, ...]
    parts: tuple[str | int, ...]
    spoken: frozenset[int]

    @classmethod
    def of(cls, template: str, translation: str) -> Entry:
        """Read an entry of the catalogue; doubled braces stand for one.

        Raises:
            ValueError: A brace is single.
        """
        parts: list[str | int] = []
        spoken = set()
        for text, name, _, conversion in Formatter().parse(translation):
            parts.append(text)
            if name is not None:
                parts.append(int(name) - 1)
                if conversion == "t":
                    spoken.add(int(name) - 1)
        return cls(
            literals_of(template), tuple(part for part in parts if part != ""), frozenset(spoken)
        )

    def values(self, text: str) -> list[str] | None:
        """The values of the holes where the template makes `text`, else None.

        Each hole is as short as the text after it allows, as with `.*?` of a regular expression,
        but in time that is linear in the text.
        """
        first, *between, last = self.literals if len(self.literals) > 1 else (*self.literals, "")
        if len(self.literals) == 1:
            return [] if text == first else None
        end = len(text) - len(last)
        if end < len(first) or not (text.startswith(first) and text.endswith(last)):
            return None
        values, at = [], len(first)
        for literal in between:
            found = text.find(literal, at, end)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(literal)
        return [*values, text[at:end]]


def literals_of(template: str) -> tuple[str, ...]:
    """The text of a template before, between and after its holes.

    Raises:
        ValueError: A brace is single.
    """
    literals = [""]
    for text, name, _, _ in Formatter().parse(template):
        literals[-1] += text
        if name is not None:
            literals.append("")
    return tuple(literals)


def is_vague(template: str) -> bool:
    """Whether a template has too little text to be told from other messages; it stays English."""
    literals = literals_of(template)
    if len(literals) == 1:
        return False
    least = LEAST_TEXT if literals[0] else LEAST_TEXT_BEHIND_A_HOLE
    return sum(not sign.isspace() for sign in "".join(literals)) < least


def translated(text: str) -> str:
    """A message in the user's language, or as it is where that is English or none is known.

    Args:
        text: What the source says; several lines are translated each by itself, unless they are
            one message. Space around it stays.
    """
    return text if language() == "en" else _catalogue().translated(text)


def translated_line(text: str) -> str:
    """As `translated`, of text that may be data: only what is one line and a message as a whole."""
    bare = text.strip()
    if language() == "en" or not bare or "\n" in bare:
        return text
    said = _catalogue().message(bare)
    return text if said is None else text.replace(bare, said, 1)


def worded(template: str, *values: object) -> str:
    """A template with its values, in the user's language; for messages too short to be matched.

    Args:
        template: English, with `{}` for each value.
        values: What is put in, in the order of the English.
    """
    return worded_in(language())(template, *values)


def worded_in(language: str) -> Callable[..., str]:
    """Return what words templates in a language, as `worded` does in the user's."""
    if language == "en":
        return str.format
    return lambda template, *values: _catalogue().worded(template, [*map(str, values)])


class Catalogue:
    """The entries of a language."""

    def __init__(self, entries: dict[str, str]) -> None:
        """Take the templates and their translations; the longest text is tried first."""
        read = [Entry.of(template, said) for template, said in entries.items()]
        self.fixed = {e.literals[0]: e for e in read if len(e.literals) == 1}
        self.by_template = dict(zip(entries, read, strict=True))
        holed = [e for t, e in self.by_template.items() if len(e.literals) > 1 and not is_vague(t)]
        self.holed = sorted(holed, key=lambda entry: -sum(map(len, entry.literals)))

    def translated(self, text: str, depth: int = DEPTH) -> str:
        """The text translated as far as it is known."""
        bare = text.strip()
        if not bare:
            return text
        said = self._about(bare, depth) or self.message(bare, depth)
        if said is None and "\n" in bare:
            said = "\n".join(self.translated(line, depth) for line in bare.split("\n"))
        said = said or self._within(bare, depth)
        return text if said is None else text.replace(bare, said, 1)

    def message(self, text: str, depth: int = DEPTH) -> str | None:
        """The translation of a text that is one message, else None."""
        entry = self.fixed.get(text)
        if entry is not None:
            return "".join(str(part) for part in entry.parts)
        for entry in self.holed:
            values = entry.values(text)
            if values is not None:
                return self._filled(entry, values, depth)
        return None

    def worded(self, template: str, values: list[str]) -> str:
        """The translation of a template with its values; the English where there is none."""
        entry = self.by_template.get(template)
        return template.format(*values) if entry is None else self._filled(entry, values, DEPTH)

    def _filled(self, entry: Entry, values: list[str], depth: int) -> str:
        if depth:
            for at in entry.spoken:
                values[at] = self.translated(values[at], depth - 1)
        return "".join(part if isinstance(part, str) else values[part] for part in entry.parts)

    def _about(self, text: str, depth: int) -> str | None:
        """Translate "labels: 3 answers are empty" in its two parts."""
        # The second begins with a hole, which would take "labels: 3" for its value.
        about, sign, rest = text.partition(": ")
        if not sign or about not in self.fixed:
            return None
        said = self._about(rest, depth) or self.message(rest, depth)
        return None if said is None else f"{self._name(about)}: {said}"

    def _within(self, text: str, depth: int) -> str | None:
        """Translate what stands behind places and names: "file:3: field: message (remedy)"."""
        for head, rest in _splits(text, " (") if text.endswith(")") else ():
            remedy = self.message(rest[:-1], depth)
            if remedy is not None:
                return f"{self.translated(head, depth)} ({remedy})"
        for before, rest in _splits(text, ": "):
            said = self.message(rest, depth) or self._before_bracket(rest, depth)
            if said is not None:
                return ": ".join([*map(self._name, before.split(": ")), said])
        return self._before_bracket(text, depth)

    def _before_bracket(self, text: str, depth: int) -> str | None:
        for head, rest in _splits(text, " (") if text.endswith(")") else ():
            said = self.message(head, depth)
            if said is not None:
                return f"{said} ({rest}"
        return None

    def _name(self, name: str) -> str:
        entry = self.fixed.get(name)
        return name if entry is None else "".join(str(part) for part in entry.parts)


@cache
def _catalogue() -> Catalogue:
    return Catalogue(read_entries("ko.yaml"))


def read_entries(name: str) -> dict[str, str]:
    """The templates and translations in a file of this folder, in its order."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    entries: dict[str, str] = yaml.load(text, Loader=loader)
    return entries


def _splits(text: str, sign: str) -> Iterator[tuple[str, str]]:
    at = text.find(sign)
    while at >= 0:
        yield text[:at], text[at + len(sign) :]
        at = text.find(sign, at + 1)
