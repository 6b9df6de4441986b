"""What is done about findings: the severity and action of each check, as a recipe sets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from chemtune.checks.finding import Finding

Action = Literal["reject", "drop", "keep", "ignore"]


@dataclass(frozen=True)
class Rule:
    """What is done about the findings of one check.

    Attributes:
        severity: How grave they are, "error" or "warning", whatever the check says; None leaves it.
        action: "reject" leaves the example out; "drop" leaves out the value alone, where the kind
            of task can; "keep" lets it pass with the finding beside it; "ignore" forgets the
            finding. None rejects errors and keeps warnings.
    """

    severity: Literal["error", "warning"] | None = None
    action: Action | None = None


@dataclass(frozen=True)
class Judged:
    """Findings by what is to be done about them; `kept` are all that are not forgotten."""

    kept: list[Finding]
    rejecting: list[Finding]
    dropping: list[Finding]


def judged(findings: Sequence[Finding], rules: Mapping[str, Rule]) -> Judged:
    """Return findings with the severities of `rules` (by the check's name), and what follows."""
    kept: list[Finding] = []
    rejecting: list[Finding] = []
    dropping: list[Finding] = []
    for finding in findings:
        if finding.severity == "grounded":
            kept.append(finding)
            continue
        rule = rules.get(finding.check, Rule())
        finding = replace(finding, severity=rule.severity or finding.severity)
        action = rule.action or ("reject" if finding.severity == "error" else "keep")
        if action == "ignore":
            continue
        kept.append(finding)
        if action == "reject":
            rejecting.append(finding)
        elif action == "drop":
            dropping.append(finding)
    return Judged(kept, rejecting, dropping)
