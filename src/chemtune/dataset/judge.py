"""The judge: a teacher who grades answers, believed only as far as gold bears it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from chemtune.checks.finding import Finding, Severity
from chemtune.checks.policy import Rule, judged
from chemtune.dataset.assemble import Outcome
from chemtune.dataset.gather import Bought
from chemtune.dataset.ledger import Entry
from chemtune.domains import JudgeWording
from chemtune.evaluation.statistics import kappa
from chemtune.tasks.reading import find_object, strict_object
from chemtune.tasks.task import Unreadable
from chemtune.teachers.teacher import Request, RequestRefused

VERDICTS = {"right": True, "wrong": False}
# With fewer, an agreement says nothing whatever its interval.
FEWEST = 20


@dataclass(frozen=True)
class Trust:
    """How far a judge agrees with gold on the same answers.

    Attributes:
        answers: How many answers have both a verdict and gold.
        agreed: Of how many both say the same.
        kappa: Cohen's kappa (1960): 0 is chance, 1 is always.
        interval: Its 95% interval.
        trusted: Whether the judge's word rejects.
    """

    answers: int
    agreed: int
    kappa: float
    interval: tuple[float, float]
    trusted: bool


@dataclass
class Judge:
    """A judge with the verdicts that the journal holds.

    Attributes:
        bought: The judge's replies.
        wording: How the domain asks for a verdict.
        least: The judge's word rejects from this kappa on, by the lower end of its interval.
        pairs: For answers with gold, whether the judge and the gold call them right.
        trusted: Whether the word rejects, once `settle` was called.
    """

    bought: Bought
    wording: JudgeWording
    least: float
    pairs: list[tuple[bool, bool]] = field(default_factory=list)
    trusted: bool = False

    def request(self, outcome: Outcome) -> Request | None:
        """Return what the judge is asked of an accepted answer; None where none is to be judged."""
        if outcome.example is None or outcome.answer is None or not outcome.example.reply_key:
            return None
        job = outcome.job
        parts = {
            "{prompt}": "\n\n".join(m["content"] for m in outcome.example.messages),
            "{answer}": outcome.example.answer,
        }
        content = re.sub(r"\{prompt\}|\{answer\}", lambda m: parts[m[0]], self.wording.template)
        schema = strict_object(
            {"verdict": {"type": "string", "enum": list(VERDICTS)}, "reason": {"type": "string"}}
        )
        messages = ({"role": "user", "content": content},)
        return Request(f"{job.task.name}:judge", job.document.name, messages, schema)

    def verdict(self, outcome: Outcome) -> tuple[bool, str] | None:
        """Return whether the judge calls an answer right, and why; None where it does not say."""
        request = self.request(outcome)
        if request is None:
            return None
        try:
            _, reply = self.bought.reply(request)
            said = find_object(reply.text)
        except (RequestRefused, Unreadable):
            return None
        right = VERDICTS.get(str(said.get("verdict", "")).strip().casefold())
        return None if right is None else (right, str(said.get("reason", "")).strip())

    def compare(self, outcome: Outcome, right: bool | None) -> None:
        """Note what the judge says of an answer that gold calls right or not."""
        verdict = self.verdict(outcome) if right is not None else None
        if verdict is not None and right is not None:
            self.pairs.append((verdict[0], right))

    def settle(self) -> Trust:
        """Decide by the comparisons whether the judge is believed."""
        value, interval = kappa(self.pairs)
        self.trusted = len(self.pairs) >= FEWEST and interval[0] >= self.least
        agreed = sum(judge == gold for judge, gold in self.pairs)
        return Trust(len(self.pairs), agreed, value, interval, self.trusted)

    def finding(self, outcome: Outcome) -> Finding | None:
        """Return what the judge objects to; an error only where it is believed."""
        verdict = self.verdict(outcome)
        if verdict is None or verdict[0]:
            return None
        severity: Severity = "error" if self.trusted else "warning"
        return Finding("judge", severity, "", "", f"calls it wrong: {verdict[1] or 'no reason'}")


def with_judge(
    outcomes: Iterable[Outcome], judge: Judge, rules: Mapping[str, Rule]
) -> Iterator[Outcome]:
    """Yield outcomes with what the judge says of them.

    A judge that is believed rejects, unless the rules say otherwise; the word of another one stays
    beside the example as a warning, whatever they say.
    """
    for outcome in outcomes:
        finding = judge.finding(outcome)
        example = outcome.example
        if finding is None or example is None:
            yield outcome
            continue
        of_rules = judged([finding], rules if judge.trusted else {})
        if of_rules.rejecting:
            said = outcome.read.text if outcome.read else ""
            entry = Entry("checks", "rejected", *outcome.job.key, "judge", finding.message, said)
            findings = (*outcome.findings, *of_rules.kept)
            yield replace(outcome, findings=findings, example=None, entry=entry)
        else:
            marked = replace(example, findings=[*example.findings, *of_rules.kept])
            yield replace(outcome, example=marked)
