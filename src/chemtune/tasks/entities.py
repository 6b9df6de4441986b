"""Named entities: the strings of a document that name something, under a label each."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field

from chemtune.checks.finding import Finding
from chemtune.checks.grounding import GroundText, ground
from chemtune.checks.names import check_names
from chemtune.documents.document import Document
from chemtune.tasks.aspects import Aspect, Names
from chemtune.tasks.reading import distinct, find_object, strict_object
from chemtune.tasks.task import Answer, Task, Unreadable, fold


class Entities(Task):
    """Answers {"chemical": ["..."], "value": ["..."]}: strings exactly as in the document."""

    kind: Literal["entities"]
    labels: dict[str, str] = Field(min_length=1, description="the labels, with what they are for")
    numeric: list[str] = Field(
        default_factory=list, description="labels whose strings must hold a digit"
    )
    chemicals: list[str] = Field(
        default_factory=list, description="labels whose strings are names of chemicals"
    )
    at_most: int = Field(default=100, description="strings under one label")

    def read(self, reply: str) -> Answer:
        """Read the JSON object; a label that is missing has nothing. See `Task.read`."""
        found = find_object(reply)
        unknown = [name for name in found if name not in self.labels]
        if unknown:
            raise Unreadable(f"has labels not asked for: {', '.join(unknown)}")
        wrong = [name for name, strings in found.items() if not isinstance(strings, list)]
        if wrong:
            raise Unreadable(f"{', '.join(wrong)} is not a list")
        return {name: distinct(found.get(name, [])) for name in self.labels}

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """Every string stands in the document, once under one label; values hold a digit."""
        text = GroundText.of(document.content)
        findings: list[Finding] = []
        labels: dict[str, str] = {}
        for name, strings in answer.items():
            findings += [ground(text, name, string) for string in strings]
            findings += check_names(name, strings) if name in self.chemicals else []
            for string in strings:
                first = labels.setdefault(fold(string), name)
                if first != name:
                    message = f"stands under {first!r} too"
                    findings.append(Finding("format", "warning", name, string, message))
                if name in self.numeric and not any(c.isdigit() for c in string):
                    message = "holds no digit"
                    findings.append(Finding("quantities", "error", name, string, message))
            if len(strings) > self.at_most:
                message = f"has {len(strings)} strings; {self.at_most} are allowed"
                findings.append(Finding("format", "error", name, "", message))
        return findings

    def without(self, answer: Answer, finding: Finding) -> Answer | None:
        """The answer without the string; see `Task.without`."""
        return {
            name: [s for s in strings if (name, s) != (finding.field, finding.value)]
            for name, strings in answer.items()
        }

    def reply_schema(self) -> dict[str, Any]:
        """A list of strings for each label; see `Task.reply_schema`."""
        strings = {"type": "array", "items": {"type": "string"}}
        return strict_object(dict.fromkeys(self.labels, strings))

    def render(self, answer: Answer) -> str:
        """Write the JSON object on one line."""
        return json.dumps({name: answer[name] for name in self.labels}, ensure_ascii=False)

    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """The strings of each label."""
        return (Names("entities", {name: tuple(answer[name]) for name in self.labels}),)
