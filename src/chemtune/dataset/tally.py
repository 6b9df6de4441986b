"""What a data set holds, counted while it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from chemtune.dataset.example import Example
from chemtune.dataset.seen import Distinct
from chemtune.documents.document import SPLITS


@dataclass
class Tally:
    """Counts of examples.

    Attributes:
        by_task: By (task, split).
        by_origin: By (source, licence, teacher).
        terms: Examples by what a teacher's terms say, where they say something.
        findings: Warnings that stay beside examples, by check.
        languages: The languages of the answers.
        documents: The documents with at least one example, by id.
        cost_usd: What the replies behind the examples cost, where there is a price.
    """

    by_task: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_origin: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    terms: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    documents: Distinct = field(default_factory=Distinct)
    cost_usd: float = 0.0

    @classmethod
    def of(cls, examples: Iterable[Example]) -> Tally:
        """Count many examples."""
        tally = cls()
        for example in examples:
            tally.add(example)
        return tally

    def add(self, example: Example) -> None:
        """Count one example."""
        self.by_task[example.task, example.split] += 1
        self.by_origin[example.source, example.licence, example.teacher] += 1
        if example.terms:
            self.terms[example.terms] += 1
        self.languages[example.language] += 1
        self.documents.add(example.document_id)
        self.findings.update(f.check for f in example.findings if f.severity != "grounded")
        self.cost_usd += example.cost_usd or 0.0

    @property
    def total(self) -> int:
        """The number of examples."""
        return self.by_task.total()

    def examples(self) -> dict[str, dict[str, int]]:
        """Return the number of examples by task and split."""
        tasks = dict.fromkeys(task for task, _ in self.by_task)
        return {task: {split: self.by_task[task, split] for split in SPLITS} for task in tasks}
