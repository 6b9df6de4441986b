"""Finding: what a check says of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["grounded", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """What a check says of one field of an answer.

    Attributes:
        check: The check's name, for example "grounding".
        severity: "error" rejects the answer; "warning" stays beside it; "grounded" says where in
            the document a value stands.
        field: The field of the answer, for example "Q1" or "AEM_MAT.QPPO.IEC".
        value: What the answer says there.
        message: What is wrong, in plain words; "" for "grounded".
        start: Offset of the first character in the document's content, or None.
        end: Offset past the last character, or None.
        how: Of a grounded value, how the document writes it: "exact", "normalized" (dashes, spaces,
            width or capitals differ), "apart" (number and unit stand apart) or "converted" (equal
            in another unit); else "".
    """

    check: str
    severity: Severity
    field: str
    value: str
    message: str = ""
    start: int | None = None
    end: int | None = None
    how: str = ""


def errors(findings: list[Finding]) -> list[Finding]:
    """Return the findings that reject the answer."""
    return [finding for finding in findings if finding.severity == "error"]
