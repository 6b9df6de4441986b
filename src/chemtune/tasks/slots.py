"""Fixed questions whose answers are phrases of the document, or a mark where it is silent."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText, ground
from chemtune.documents.document import Document
from chemtune.tasks.aspects import Aspect, Compared, Names
from chemtune.tasks.reading import find_object, strict_object, text_fields
from chemtune.tasks.task import Answer, Task, fold


class Slots(Task):
    """Answers {"Q1": "...", "Q2": "N/A"}: a phrase of the document, or `absent`."""

    kind: Literal["slots"]
    slots: dict[str, str] = Field(min_length=1, description="the fields, with their titles")
    absent: str = "N/A"

    def read(self, reply: str) -> Answer:
        """Read the JSON object; see `Task.read`."""
        found = text_fields(find_object(reply), list(self.slots))
        return {name: value or self.absent for name, value in found.items()}

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """Every phrase stands in the document."""
        text = GroundText.of(document.content)
        return [
            ground(text, name, phrase)
            for name in self.slots
            if not self._is_absent(answer[name])
            for phrase in self._phrases(text, answer[name])
        ]

    def without(self, answer: Answer, finding: Finding) -> Answer | None:
        """The answer with the field marked as absent; see `Task.without`."""
        return answer | {finding.field: self.absent}

    def reply_schema(self) -> dict[str, Any]:
        """A text for each field; see `Task.reply_schema`."""
        return strict_object({name: {"type": "string"} for name in self.slots})

    def render(self, answer: Answer) -> str:
        """Write the JSON object on one line."""
        return json.dumps({name: answer[name] for name in self.slots}, ensure_ascii=False)

    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """The phrase of each field, where there is one."""
        phrases = {
            f"{title} ({name})": () if self._is_absent(answer[name]) else (answer[name],)
            for name, title in self.slots.items()
        }
        return (Names("slots", phrases),)

    def compared(self, answer: Answer) -> Compared:
        """The phrase of each field, where there is one."""
        return Compared(
            {
                name: frozenset(() if self._is_absent(answer[name]) else (fold(answer[name]),))
                for name in self.slots
            }
        )

    def _is_absent(self, value: str) -> bool:
        return value.strip().casefold() in {self.absent.casefold(), "n/a", "-", ""}

    def _phrases(self, text: GroundText, value: str) -> list[str]:
        """The value as a whole where it stands so, else its parts: "Pt and Ru" may stand apart."""
        if text.find(value):
            return [value]
        return [part for part in value.replace(" and ", ", ").split(", ") if part.strip()]
