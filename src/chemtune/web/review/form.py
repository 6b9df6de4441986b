"""Form: an answer as fields that a person can change, and back.

An answer is made of texts, lists of texts, and (records) named groups of them; that is all a form
has to know of the kinds of task.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chemtune.checks.finding import Finding
from chemtune.tasks.classification import Classification
from chemtune.tasks.records import Records
from chemtune.tasks.task import Answer, Task


@dataclass
class Field:
    """One field of an answer.

    Attributes:
        key: Its key in the answer.
        name: How findings name it, capitals aside.
        value: A text, or the lines of a list.
        listed: Whether the answer has a list here.
        options: What it can be, where that is known.
    """

    key: str
    name: str
    value: str
    listed: bool = False
    options: tuple[str, ...] = ()

    def content(self) -> str | list[str]:
        """Return the field as the answer has it; empty lines of a list are nothing."""
        if not self.listed:
            return self.value.strip()
        return [line.strip() for line in self.value.splitlines() if line.strip()]


@dataclass
class Group:
    """Fields under a name of their own, such as a material; or all fields of an answer, under "".

    Attributes:
        name: The name, which can be changed where the answer is made of groups.
        kind: How findings name the group's name itself, such as "AEM_MAT".
        fields: The fields.
    """

    name: str = ""
    kind: str = ""
    fields: list[Field] = field(default_factory=list)


def form_of(task: Task, answer: Answer) -> list[Group]:
    """Return an answer as groups of fields."""
    if isinstance(task, Records):
        return [_material(task, name, values) for name, values in answer.items()]
    options = tuple(task.labels) if isinstance(task, Classification) else ()
    return [Group(fields=[_field(key, key, value, options) for key, value in answer.items()])]


def empty_group(task: Records) -> Group:
    """Return a material without a name or a value."""
    return _material(task, "", {name: [] for name in task.properties})


def answer_of(task: Task, groups: Sequence[Group]) -> Answer:
    """Return the answer that a form says; groups without a name are left out."""
    if isinstance(task, Records):
        return {
            group.name.strip(): {one.key: one.content() for one in group.fields}
            for group in groups
            if group.name.strip()
        }
    return {one.key: one.content() for group in groups for one in group.fields}


def said_of(findings: Sequence[Finding], name: str) -> list[int]:
    """Return the numbers of the findings about a field, or about a part of it."""
    wanted = name.casefold()
    return [n for n, finding in enumerate(findings) if finding.field.casefold() == wanted]


def _material(task: Records, name: str, values: dict[str, list[str]]) -> Group:
    fields = [_field(key, f"{name}.{key}", values.get(key, []), ()) for key in task.properties]
    return Group(name, task.group, fields)


def _field(key: str, name: str, value: str | list[str], options: tuple[str, ...]) -> Field:
    if isinstance(value, list):
        return Field(key, name, "\n".join(value), listed=True)
    return Field(key, name, str(value), options=options)
