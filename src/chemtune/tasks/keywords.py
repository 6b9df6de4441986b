"""The keywords of a document."""

from __future__ import annotations

import json
from typing import Literal

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText, ground
from chemtune.documents.document import Document
from chemtune.tasks.aspects import Aspect, Keyphrases
from chemtune.tasks.reading import distinct, find_value
from chemtune.tasks.task import Answer, Task


class Keywords(Task):
    """Answers a JSON list of keywords."""

    kind: Literal["keywords"]
    at_least: int = 2
    at_most: int = 12

    def read(self, reply: str) -> Answer:
        """Read the JSON list; see `Task.read`."""
        return {"keywords": distinct(find_value(reply, "["))}

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """As many as asked for; one that the text lacks is a warning, none at all an error."""
        keywords = answer["keywords"]
        text = GroundText.of(document.content)
        findings = [ground(text, "keywords", word, required=False) for word in keywords]
        if not self.at_least <= len(keywords) <= self.at_most:
            message = f"has {len(keywords)} keywords, not {self.at_least} to {self.at_most}"
            findings.append(Finding("format", "error", "keywords", "", message))
        elif all(finding.severity == "warning" for finding in findings):
            message = "no keyword stands in the document"
            findings.append(Finding("grounding", "error", "keywords", "", message))
        return findings

    def without(self, answer: Answer, finding: Finding) -> Answer | None:
        """The answer without a keyword; see `Task.without`."""
        return {"keywords": [word for word in answer["keywords"] if word != finding.value]}

    def render(self, answer: Answer) -> str:
        """Write the JSON list on one line."""
        return json.dumps(answer["keywords"], ensure_ascii=False)

    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """The keywords in their order."""
        return (Keyphrases(tuple(answer["keywords"])),)
