"""Document classification: one of the labels that the task names."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from chemtune.checks.finding import Finding
from chemtune.documents.document import Document
from chemtune.errors import nearest
from chemtune.tasks.aspects import Aspect, Label
from chemtune.tasks.reading import find_object, strict_object, text_fields
from chemtune.tasks.task import Answer, Task, fold


class Classification(Task):
    """Answers {"Label": "..."}. A document may bring its label in a column."""

    kind: Literal["classification"]
    labels: dict[str, str] = Field(min_length=2, description="the labels, with what they are for")
    label_column: str = "label"

    def known(self, document: Document) -> Answer | None:
        """The document's own label, where its record has one that the task knows."""
        label = document.fields.get(self.label_column)
        named = self._named(label) if isinstance(label, str) else None
        return {"label": named} if named else None

    def read(self, reply: str) -> Answer:
        """Read the JSON object; see `Task.read`."""
        said = text_fields(find_object(reply), ["Label"])["Label"]
        return {"label": self._named(said) or said}

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """The label is one of those asked for."""
        del document
        label = answer["label"]
        if label in self.labels:
            return []
        message = f"is none of the labels; {nearest(label, list(self.labels))}"
        return [Finding("key", "error", "Label", label, message)]

    def reply_schema(self) -> dict[str, Any]:
        """One of the labels; see `Task.reply_schema`."""
        return strict_object({"Label": {"type": "string", "enum": list(self.labels)}})

    def render(self, answer: Answer) -> str:
        """Write the JSON object on one line."""
        return json.dumps({"Label": answer["label"]}, ensure_ascii=False)

    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """The label."""
        return (Label("label", fold(answer["label"])),)

    def _named(self, said: str) -> str | None:
        return next((label for label in self.labels if fold(label) == fold(said)), None)
