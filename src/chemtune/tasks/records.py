"""Property values with units, each with the material that it belongs to."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chemtune.checks.absence import suspected
from chemtune.checks.binding import Vocabulary, misbound, of_another, other_condition
from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText, ground
from chemtune.checks.quantities import ground_quantity, split_conditions, standing
from chemtune.checks.quantity import canonical
from chemtune.documents.document import Document
from chemtune.tasks.aspects import Aspect, Compared, PropertyRecords, Record
from chemtune.tasks.reading import distinct, find_object
from chemtune.tasks.task import Answer, Task, Unreadable, fold


class Property(BaseModel):
    """A property to extract: its other names and the units that it can have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    synonyms: list[str] = Field(default_factory=list)
    units: list[str] = Field(default_factory=list)


class Records(Task):
    """Answers {GROUP: {MATERIAL: {PROPERTY: VALUE}}}; `absent` where the text gives no value.

    Several values of one property (at two temperatures) are a list. The instruction's `{synonyms}`
    and `{stop}` are filled in from the vocabulary, so that it stands in one place.
    """

    kind: Literal["records"]
    group: str
    properties: dict[str, Property] = Field(min_length=1)
    stop: list[str] = Field(default_factory=list, description="properties not to extract")
    absent: str = "-"

    @property
    def instructions(self) -> list[str]:
        """Every wording of the instruction, with its vocabulary."""
        synonyms = "; ".join(
            f"{name}: {', '.join([p.title, *p.synonyms])}" for name, p in self.properties.items()
        )
        return [
            wording.replace("{synonyms}", synonyms).replace("{stop}", ", ".join(self.stop))
            for wording in super().instructions
        ]

    def read(self, reply: str) -> Answer:
        """Read the nested JSON object; see `Task.read`."""
        found = find_object(reply)
        materials = found.get(self.group)
        if not isinstance(materials, dict):
            raise Unreadable(f"the JSON object lacks {self.group}, an object of materials")
        return {str(m).strip(): self._values(str(m), values) for m, values in materials.items()}

    def _values(self, material: str, values: Any) -> dict[str, list[str]]:
        if not isinstance(values, dict):
            raise Unreadable(f"{material!r} is not an object of properties")
        unknown = [str(name) for name in values if name not in self.properties]
        if unknown:
            raise Unreadable(f"{material!r} has properties not asked for: {', '.join(unknown)}")
        listed = {n: v if isinstance(v, list) else [v] for n, v in values.items()}
        return {
            name: [v for v in distinct(listed.get(name, [])) if not self._is_absent(v)]
            for name in self.properties
        }

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """Every material stands in the document, and every value, as a value of its property.

        A value that plainly belongs to another property, or stands at another condition, is an
        error; a property left absent, though a sentence names it with a value, is a warning.
        """
        text = GroundText.of(document.content)
        findings = []
        for material, values in answer.items():
            findings.append(ground(text, self.group, material))
            if not any(values.values()):
                message = "has no value at all"
                findings.append(Finding("format", "error", self.group, material, message))
            for name, wanted in self.properties.items():
                for value in values[name]:
                    field = f"{material}.{name}"
                    findings += ground_quantity(text, field, value, tuple(wanted.units))
                    findings += self._binding(text, field, name, value)
                    findings += self._other_material(text, field, material, value, list(answer))
        return findings + self._missed(answer, text)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The names of the properties, and of those not to extract."""
        names = {name: (name, p.title, *p.synonyms) for name, p in self.properties.items()}
        units = {name: tuple(p.units) for name, p in self.properties.items()}
        return Vocabulary(names, units, tuple(self.stop))

    def _binding(self, text: GroundText, field: str, name: str, value: str) -> list[Finding]:
        quantity, conditions = split_conditions(value)
        places = [(start, end) for start, end, _ in standing(text, quantity)]
        whys = [misbound(text.text, places, name, self.vocabulary)]
        whys += [other_condition(text.text, places, condition) for condition in conditions]
        return [Finding("binding", "error", field, value, why) for why in whys if why]

    def _other_material(
        self, text: GroundText, field: str, material: str, value: str, materials: list[str]
    ) -> list[Finding]:
        quantity, _ = split_conditions(value)
        places = [(start, end) for start, end, _ in standing(text, quantity)]
        others = [other for other in materials if other != material]
        why = of_another(text.text, places, material, others) if others else None
        return [Finding("binding", "error", field, value, why)] if why else []

    def _missed(self, answer: Answer, text: GroundText) -> list[Finding]:
        """The properties left absent that a sentence seems to give a value of."""
        findings = []
        for material, values in answer.items():
            others = [other for other in answer if other != material]
            for name, wanted in self.properties.items():
                if values[name]:
                    continue
                place = suspected(
                    text.text, material, others, name, tuple(wanted.units), self.vocabulary
                )
                if place:
                    start, end = place
                    message = f"is left absent, but {text.text[start:end]!r} stands beside its name"
                    field = f"{material}.{name}"
                    findings.append(
                        Finding("absence", "warning", field, self.absent, message, start, end)
                    )
        return findings

    def without(self, answer: Answer, finding: Finding) -> Answer | None:
        """The answer without the material or value; see `Task.without`."""
        if finding.field == self.group:
            return {m: values for m, values in answer.items() if m != finding.value}
        kept = {
            material: {
                name: [
                    v for v in found if (f"{material}.{name}", v) != (finding.field, finding.value)
                ]
                for name, found in values.items()
            }
            for material, values in answer.items()
        }
        return {material: values for material, values in kept.items() if any(values.values())}

    def render(self, answer: Answer) -> str:
        """Write the JSON object on one line: one value as a text, several as a list."""
        materials = {
            material: {name: self._written(values[name]) for name in self.properties}
            for material, values in answer.items()
        }
        return json.dumps({self.group: materials}, ensure_ascii=False)

    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """A record for each value; a material without any says nothing."""
        records = tuple(
            Record(material, name, value)
            for material, properties in answer.items()
            for name, found in properties.items()
            for value in found
        )
        return (PropertyRecords(records),)

    def compared(self, answer: Answer) -> Compared:
        """The materials, and (material, value) of each property, equal after unit conversion.

        "98 mS/cm at 80 °C" and "0.098 S/cm (353.15 K)" are one value.
        """
        items: dict[str, frozenset[str]] = {"material": frozenset(map(fold, answer))}
        for name in self.properties:
            items[name] = frozenset(
                f"{fold(material)}|{_comparable(value)}"
                for material, values in answer.items()
                for value in values[name]
            )
        return Compared(items)

    def _written(self, values: list[str]) -> str | list[str]:
        return values if len(values) > 1 else values[0] if values else self.absent

    def _is_absent(self, value: str) -> bool:
        return value.strip().casefold() in {self.absent.casefold(), "n/a", "-", "–", "—", "none"}


def _comparable(value: str) -> str:
    quantity, conditions = split_conditions(value)
    return "; ".join(map(canonical, (quantity, *conditions)))
