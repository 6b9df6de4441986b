"""Several questions about a document, answered in the reader's language as one JSON object."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chemtune.checks.finding import Finding
from chemtune.checks.numbers import check_numbers
from chemtune.checks.wording import check_wording
from chemtune.documents.document import Document
from chemtune.tasks.aspects import Aspect, Prose
from chemtune.tasks.reading import find_object, strict_object, text_fields
from chemtune.tasks.task import Answer, Task


class AskedText(BaseModel):
    """What one question asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    max_words: int | None = None
    sentences: int | None = None
    keeps_numbers: bool = Field(
        default=False,
        description="every number of the document has to be there, as in a translation",
    )


class Questions(Task):
    """Answers {"Q1": "...", "Q2": "..."}, each a text in the task's language."""

    kind: Literal["questions"]
    questions: dict[str, AskedText] = Field(min_length=1)

    def read(self, reply: str) -> Answer:
        """Read the JSON object; see `Task.read`."""
        return dict(text_fields(find_object(reply), list(self.questions)))

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """Language, style and length as asked; the numbers are the document's."""
        findings = []
        for name, asked in self.questions.items():
            findings += check_wording(
                name,
                answer[name],
                language=self.language,
                max_words=asked.max_words,
                sentences=asked.sentences,
            )
            findings += check_numbers(
                name, document.content, answer[name], all_kept=asked.keeps_numbers
            )
        return findings

    def reply_schema(self) -> dict[str, Any]:
        """A text for each question; see `Task.reply_schema`."""
        return strict_object({name: {"type": "string"} for name in self.questions})

    def render(self, answer: Answer) -> str:
        """Write the JSON object on one line."""
        return json.dumps({name: answer[name] for name in self.questions}, ensure_ascii=False)

    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """Each text: a translation where it has to keep every number, else a summary."""
        return tuple(
            Prose(name, answer[name], "translation" if asked.keeps_numbers else "summary")
            for name, asked in self.questions.items()
        )
