"""What a task's reader and checks say of a text that a person wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chemtune.checks.finding import Finding
from chemtune.checks.policy import Rule, judged
from chemtune.documents.document import Document
from chemtune.tasks.task import Answer, Task, Unreadable


@dataclass(frozen=True)
class Checked:
    """What can be said of a text as an answer.

    Attributes:
        answer: The answer that was read; None where it could not be.
        unreadable: Why not, or "".
        findings: What the checks say of it, with the severities of the recipe.
        text: The answer as the task renders it, which is what a correction keeps; "" without one.
    """

    answer: Answer | None
    unreadable: str = ""
    findings: list[Finding] = field(default_factory=list)
    text: str = ""


def check_text(task: Task, document: Document, text: str, rules: Mapping[str, Rule]) -> Checked:
    """Read and check a text as a build does a teacher's reply; nothing is dropped from it.

    Args:
        task: The task that it answers.
        document: The document that was asked about.
        text: What is to be an answer.
        rules: What the recipe does about the findings of a check, by its name.
    """
    try:
        answer = task.read(text)
    except Unreadable as error:
        return Checked(None, str(error))
    departed = task.departures(text)
    findings = [Finding("format", "warning", "", "", f"repaired: {departed}")] if departed else []
    findings += task.check(answer, document)
    return Checked(answer, "", judged(findings, rules).kept, task.render(answer))
