"""Aspects: what of an answer is compared with the reference answer, and as what.

A kind of task says that its answer holds names, or a summary; `evaluation` says how such things are
measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["summary", "translation", "short answer", "long answer"]


@dataclass(frozen=True)
class Label:
    """One label of several, in one spelling, so that it is right or wrong.

    Attributes:
        field: What it is called in tables.
        value: The label.
    """

    field: str
    value: str


@dataclass(frozen=True)
class Names:
    """Names and phrases of the document, in no order.

    Attributes:
        field: What they are called in tables, in the plural.
        by_label: Under each label what was found, as it is written; a label that has none as well.
    """

    field: str
    by_label: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Keyphrases:
    """Keywords, the best first."""

    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """A property value of a material, as it is written: "98 mS/cm at 80 °C"."""

    material: str
    property: str
    value: str


@dataclass(frozen=True)
class PropertyRecords:
    """Property values, in no order."""

    records: tuple[Record, ...]


@dataclass(frozen=True)
class Prose:
    """A text that the model wrote.

    Attributes:
        field: The answer's field.
        text: The text.
        role: What it is to the document: a "summary" of it, its "translation", or an "answer".
    """

    field: str
    text: str
    role: Role


Aspect = Label | Names | Keyphrases | PropertyRecords | Prose


@dataclass(frozen=True)
class Compared:
    """An answer as sets, which are compared with gold or with another teacher's answer.

    Attributes:
        items: By field the items, in one spelling.
        texts: Free texts by field.
    """

    items: Mapping[str, frozenset[str]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
