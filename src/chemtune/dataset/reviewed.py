"""People's decisions in a build: they overrule the teacher, the checks and the judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chemtune.checks.finding import Finding
from chemtune.checks.policy import Rule, judged
from chemtune.dataset.assemble import Outcome, Read, example_of, read_reply
from chemtune.dataset.gather import Bought
from chemtune.dataset.job import Job
from chemtune.dataset.ledger import Entry
from chemtune.dataset.review.item import sha256_of
from chemtune.dataset.review.verdicts import REVIEW, Verdict, read_verdicts
from chemtune.evaluation.statistics import wilson
from chemtune.recipe.schema import Recipe
from chemtune.tasks.task import Answer, Unreadable
from chemtune.teachers.teacher import RequestRefused

TAKEN = ("accepted", "rejected", "corrected")
OPEN = ("disputed", "stale", "unreadable")


@dataclass(frozen=True)
class CalledRight:
    """How many answers to a task people called right, as they stand now.

    Attributes:
        task: The task's name.
        accepted: Whether these are answers that the checks accepted, or ones left out.
        answers: How many people decided about.
        right: How many of them they accepted.
        interval: The 95% interval of the share (Wilson).
    """

    task: str
    accepted: bool
    answers: int
    right: int
    interval: tuple[float, float]


@dataclass
class Reviewed:
    """What people decided, and what became of it in a build.

    Attributes:
        verdicts: By item.
        rules: What is done about the findings of a check, by its name.
        by_task: Decisions by (task, kind): what was taken; "disputed"; "stale", about an answer
            that is another one now; "unreadable", where the answer is not in the task's format.
        reviewers: Who decided about items of the build.
        look_again: Document and task of what was not taken.
    """

    verdicts: Mapping[str, Verdict]
    rules: Mapping[str, Rule]
    by_task: Counter[tuple[str, str]] = field(default_factory=Counter)
    reviewers: set[str] = field(default_factory=set)
    look_again: list[tuple[str, str]] = field(default_factory=list)
    _met: int = 0
    _rates: Counter[tuple[str, bool, bool]] = field(default_factory=Counter)

    @classmethod
    def of(cls, recipe: Recipe, rules: Mapping[str, Rule]) -> Reviewed | None:
        """Return the decisions that a recipe takes; None where there are none.

        Raises:
            InputError: A file is missing or holds no decisions.
        """
        verdicts = read_verdicts(*_files(recipe))
        return cls(verdicts, rules) if verdicts else None

    def settle(self, outcome: Outcome, bought: Bought) -> Outcome:
        """Return what becomes of a job once people's decision about it is taken.

        Args:
            outcome: What became of it by the teacher, the checks and the judge.
            bought: The replies of its teacher.
        """
        job = outcome.job
        verdict = self.verdicts.get(f"{job.document.id}-{job.task.name}")
        if verdict is None:
            return outcome
        self._met += 1
        self.reviewers.update(verdict.reviewers)
        if verdict.decision == "disputed":
            kind, settled = "disputed", outcome
        elif verdict.decision == "corrected":
            self._rate(outcome, verdict, _looked_at(outcome, verdict))
            kind, settled = self._corrected(outcome, verdict, bought)
        else:
            kind, settled = self._word(outcome, verdict, bought)
        self.by_task[job.task.name, kind] += 1
        if kind in OPEN:
            self.look_again.append(job.key)
        return settled

    def counts(self) -> dict[str, int]:
        """Return the decisions about items of the build by kind, each kind named."""
        totals: Counter[str] = Counter()
        for (_, kind), count in self.by_task.items():
            totals[kind] += count
        return {kind: totals[kind] for kind in (*TAKEN, *OPEN)}

    def rates(self) -> Iterator[CalledRight]:
        """Yield how many answers people called right, by task and by what the checks said."""
        for task, accepted in sorted(
            {(t, a) for t, a, _ in self._rates}, key=lambda k: (k[0], -k[1])
        ):
            right = self._rates[task, accepted, True]
            answers = right + self._rates[task, accepted, False]
            yield CalledRight(task, accepted, answers, right, wilson(right, answers))

    def report(self) -> dict[str, Any]:
        """Return the counts as JSON data."""
        return {
            **self.counts(),
            "unmet": len(self.verdicts) - self._met,
            "reviewers": len(self.reviewers),
            "look_again": [f"{document}, {task}" for document, task in self.look_again],
        }

    def _word(self, outcome: Outcome, verdict: Verdict, bought: Bought) -> tuple[str, Outcome]:
        """What follows from an acceptance or rejection, and how it counts."""
        read, answer = outcome.read, _looked_at(outcome, verdict)
        if read is None and _is_of_reply(outcome, verdict):
            if verdict.decision == "rejected":
                return "rejected", outcome
            read = _read_anyway(outcome.job, bought)
            if read is None:
                return "unreadable", outcome
            answer = read.answer
        if read is None or answer is None:
            return "stale", outcome
        if verdict.decision == "accepted":
            self._rate(outcome, verdict, answer)
            return "accepted", self._accepted(outcome, verdict, read, answer, bought)
        if answer != outcome.answer:
            # The rules drop a value of it since then: what stands now is another answer.
            return "stale", outcome
        self._rate(outcome, verdict, answer)
        if outcome.example is None:
            return "rejected", outcome
        why = f"by {_names(verdict)}{': ' if verdict.note else ''}{verdict.note}"
        said = outcome.example.answer
        entry = Entry("review", "rejected", *outcome.job.key, "rejected by a reviewer", why, said)
        return "rejected", replace(outcome, example=None, entry=entry)

    def _accepted(
        self, outcome: Outcome, verdict: Verdict, read: Read, answer: Answer, bought: Bought
    ) -> Outcome:
        """The outcome with the answer that people accept, whatever was said against it."""
        if outcome.example is not None and answer == outcome.answer:
            return outcome
        job, findings = outcome.job, outcome.findings
        if answer != outcome.answer:
            checked = [*read.findings, *job.task.check(answer, job.document)]
            findings = tuple(judged(checked, self.rules).kept)
        against = outcome.entry.reason if outcome.entry else "a value is dropped by the recipe"
        message = f"accepted by {_names(verdict)}, against: {against}"
        overruled = [*_as_warnings(findings), Finding("review", "warning", "", "", message)]
        example = example_of(job, read, answer, overruled, bought)
        if answer == outcome.answer:
            example = replace(example, agreement=outcome.agreement)
        return replace(outcome, answer=answer, example=example, entry=None)

    def _corrected(self, outcome: Outcome, verdict: Verdict, bought: Bought) -> tuple[str, Outcome]:
        """The outcome with the answer that a person wrote, and how that counts."""
        job = outcome.job
        try:
            answer = job.task.read(verdict.answer)
        except Unreadable as error:
            why = f"by {verdict.author}: {error}"
            reason = "unreadable correction"
            entry = Entry("review", "rejected", *job.key, reason, why, verdict.answer)
            return "unreadable", replace(outcome, example=None, entry=entry)
        if outcome.example is not None and answer == outcome.answer:
            return "corrected", outcome
        read = outcome.read or _replied(job, bought, answer)
        checked = judged(job.task.check(answer, job.document), self.rules)
        example = example_of(job, read, answer, _as_warnings(checked.kept), bought)
        # It began as the teacher's reply, also where that one is not at hand any more.
        terms = "" if job.known() is not None else bought.terms
        example = replace(example, teacher=f"reviewer: {verdict.author}", terms=terms)
        return "corrected", replace(outcome, answer=answer, example=example, entry=None)

    def _rate(self, outcome: Outcome, verdict: Verdict, answer: Answer | None) -> None:
        """Count what people said of an answer that is still the same one."""
        if answer is None:
            return
        right = verdict.decision == "accepted"
        if verdict.decision == "corrected":
            right = outcome.job.task.render(answer) == verdict.answer
        self._rates[outcome.job.task.name, outcome.example is not None, right] += 1


def named_files(recipe: Recipe) -> list[Path]:
    """Return the files of decisions that a recipe names, in its order."""
    named = recipe.reviewed if isinstance(recipe.reviewed, list) else []
    return [recipe.folder / Path(path).expanduser() for path in named]


def _files(recipe: Recipe) -> list[Path]:
    """The files of decisions that a recipe takes: its run's own, if there, and those named."""
    if recipe.reviewed is False:
        return []
    own = recipe.run_folder / REVIEW
    others = [path for path in named_files(recipe) if path.resolve() != own.resolve()]
    return [*([own] if own.is_file() else []), *others]


def _looked_at(outcome: Outcome, verdict: Verdict) -> Answer | None:
    """The answer that was decided about, where it is the present one, in whichever form."""
    task, read = outcome.job.task, outcome.read
    if outcome.answer is not None and sha256_of(task.render(outcome.answer)) in verdict.judged:
        return outcome.answer
    if read is None:
        return None
    forms = [task.render(read.answer), *([read.text] if read.text else [])]
    return read.answer if any(sha256_of(form) in verdict.judged for form in forms) else None


def _is_of_reply(outcome: Outcome, verdict: Verdict) -> bool:
    """Whether the decision is about a reply that gave no answer."""
    reply = outcome.entry.reply if outcome.entry else ""
    return bool(reply) and sha256_of(reply) in verdict.judged


def _read_anyway(job: Job, bought: Bought) -> Read | None:
    """A reply that was cut off but reads; None where it does not."""
    try:
        return read_reply(job, *bought.reply(job.request()))
    except (RequestRefused, Unreadable):
        return None


def _replied(job: Job, bought: Bought, answer: Answer) -> Read:
    """A person's answer with the reply that it was made of, where there is one."""
    try:
        key, reply = bought.reply(job.request())
    except RequestRefused:
        return Read(answer)
    return Read(answer, (), reply.text, key, reply)


def _as_warnings(findings: Sequence[Finding]) -> list[Finding]:
    return [replace(f, severity="warning") if f.severity == "error" else f for f in findings]


def _names(verdict: Verdict) -> str:
    return ", ".join(verdict.reviewers)
