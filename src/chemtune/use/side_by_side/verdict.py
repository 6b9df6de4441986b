"""Verdict: what the parser and the checks say of an answer, and how near the reference it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chemtune.checks.finding import Finding
from chemtune.checks.policy import Rule, judged
from chemtune.dataset.agreement import overlaps
from chemtune.dataset.review.checked import check_text
from chemtune.documents.document import Document
from chemtune.evaluation.metrics.f1 import f1
from chemtune.tasks.task import Answer, Task


@dataclass(frozen=True)
class Verdict:
    """What is said of one answer.

    Attributes:
        unreadable: Why it could not be read, or "".
        findings: What the checks object to, errors first.
        rejected: Whether a data set of this recipe would leave the answer out, or a part of it.
        grounded: How many values were found in the document.
        agreement: F1 by field against the reference answer, 0 to 1; for a text 1 where it is equal,
            case and spaces aside. Nothing where there is no reference.
    """

    unreadable: str = ""
    findings: tuple[Finding, ...] = ()
    rejected: bool = False
    grounded: int = 0
    agreement: Mapping[str, float] | None = None


def verdict(
    task: Task,
    document: Document,
    reply: str,
    rules: Mapping[str, Rule],
    reference: Answer | None = None,
) -> Verdict:
    """Read and check a reply as `build` does a teacher's.

    An unreadable reply said nothing: all of its reference is missed.

    Args:
        task: What was asked.
        document: What it was asked about.
        reply: What was answered.
        rules: What is done about the findings of each check.
        reference: The answer to compare with.
    """
    checked = check_text(task, document, reply, rules)
    if checked.answer is None:
        none = None if reference is None else dict.fromkeys(_agreement(task, reference), 0.0)
        return Verdict(checked.unreadable, rejected=True, agreement=none)
    of_rules = judged(checked.findings, rules)
    objections = [finding for finding in of_rules.kept if finding.severity != "grounded"]
    objections.sort(key=lambda finding: finding.severity != "error")
    return Verdict(
        findings=tuple(objections),
        rejected=bool(of_rules.rejecting or of_rules.dropping),
        grounded=len(of_rules.kept) - len(objections),
        agreement=None if reference is None else _agreement(task, checked.answer, reference),
    )


def _agreement(task: Task, answer: Answer, reference: Answer | None = None) -> dict[str, float]:
    found = overlaps(task, answer, answer if reference is None else reference)
    return {field: f1(one.found, one.missed, one.invented) for field, one in found.items()}
