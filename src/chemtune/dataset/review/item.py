"""Item: one answer that people are asked about, with the document it was given to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

from chemtune.checks.finding import Finding

Status = Literal["accepted", "rejected"]


@dataclass(frozen=True)
class Item:
    """One answer of a build, accepted or rejected by the checks.

    Attributes:
        id: The document's id and the task, as `Example.id`.
        document_id: The document's id.
        document: The document's name.
        task: The task's name.
        split: "train", "validation" or "test".
        language: The language of the answer.
        source: Where the document comes from.
        licence: The document's licence.
        teacher: Who wrote the answer.
        status: "accepted" or "rejected" by the checks.
        reason: Why it was rejected, as the ledger counts it; "" where accepted.
        detail: What exactly was wrong, or "".
        text: What the document says, its title first: what the findings' offsets point into.
        answer: The answer as it stands: the example's, or the raw reply where it was rejected.
        findings: What the checks say of the answer.
        agreement: How far a second teacher agrees, 0 to 1, where one was asked.
        page: The page that the document begins on, where there are pages.
    """

    id: str
    document_id: str
    document: str
    task: str
    split: str
    language: str
    source: str
    licence: str
    teacher: str
    status: Status
    reason: str
    detail: str
    text: str
    answer: str
    findings: list[Finding] = field(default_factory=list)
    agreement: float | None = None
    page: int | None = None

    @property
    def judged_sha256(self) -> str:
        """The SHA-256 of the answer, in hexadecimal: which answer a decision is about."""
        return sha256_of(self.answer)


def sha256_of(answer: str) -> str:
    """Return the SHA-256 of an answer's UTF-8, in hexadecimal."""
    return hashlib.sha256(answer.encode()).hexdigest()
