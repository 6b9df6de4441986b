"""What an answer extracts, one by one: a name, a value, a phrase, a keyword, a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chemtune.checks.finding import Finding
from chemtune.tasks.entities import Entities
from chemtune.tasks.questions import Questions
from chemtune.tasks.records import Records
from chemtune.tasks.slots import Slots
from chemtune.tasks.task import Answer, Task


@dataclass(frozen=True)
class Item:
    """One thing that an answer says.

    Attributes:
        path: The field as findings name it: "keywords", "Q1", "QPPO.IEC".
        value: What the answer says.
        field: The field's name alone: "keywords", "Q1", "IEC".
        title: What the task calls it: "ion exchange capacity"; or "".
        group: The field under which findings name the material, or "".
        material: The material that the value belongs to, or "".
        units: The units that it can have.
        quantity: It is a number with a unit.
    """

    path: str
    value: str
    field: str
    title: str = ""
    group: str = ""
    material: str = ""
    units: tuple[str, ...] = ()
    quantity: bool = False


def items_of(task: Task, answer: Answer) -> list[Item]:
    """Return what an answer to a task says, in its order; what is marked as absent is left out.

    A material without any value is an item of its own.
    """
    if isinstance(task, Records):
        return list(_of_records(task, answer))
    absent = {task.absent.casefold(), "n/a", "-", ""} if isinstance(task, Slots) else {""}
    numeric = task.numeric if isinstance(task, Entities) else []
    titles = _titles(task)
    return [
        Item(name, value, name, titles.get(name, ""), quantity=name in numeric)
        for name, values in answer.items()
        for value in (values if isinstance(values, list) else [values])
        if str(value).strip().casefold() not in absent
    ]


def concerned(items: Sequence[Item], finding: Finding) -> list[int]:
    """Return the numbers of the items that a finding is about.

    It may name an item; the material of several; a part of an item, such as its condition; a field
    of a material that has no item; or the answer as a whole.
    """
    field, value = finding.field.casefold(), finding.value
    ways: list[Callable[[Item], bool]] = [
        lambda item: item.path.casefold() == field and item.value == value,
        lambda item: bool(item.group) and item.group == finding.field and item.material == value,
        lambda item: item.path.casefold() == field and value in item.value,
        lambda item: bool(item.material) and finding.field.startswith(f"{item.material}."),
    ]
    for way in ways:
        found = [number for number, item in enumerate(items) if way(item)]
        if found:
            return found
    return list(range(len(items)))


def _titles(task: Task) -> dict[str, str]:
    if isinstance(task, Slots):
        return dict(task.slots)
    if isinstance(task, Questions):
        return {name: asked.title for name, asked in task.questions.items()}
    return {}


def _of_records(task: Records, answer: Answer) -> Iterator[Item]:
    for material, properties in answer.items():
        if not any(properties.values()):
            yield Item(task.group, material, task.group, material=material, group=task.group)
        for name, values in properties.items():
            wanted = task.properties[name]
            for value in values:
                yield Item(
                    path=f"{material}.{name}",
                    value=value,
                    field=name,
                    title=wanted.title,
                    group=task.group,
                    material=material,
                    units=tuple(wanted.units),
                    quantity=True,
                )
