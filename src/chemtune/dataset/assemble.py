"""From replies in the journal to examples: reading, checking, and saying what is left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chemtune.checks.finding import Finding
from chemtune.checks.policy import Judged, Rule, judged
from chemtune.dataset.agreement import Agreement, mean_f1, overlaps
from chemtune.dataset.example import Example
from chemtune.dataset.gather import Bought, NotAsked
from chemtune.dataset.job import Job
from chemtune.dataset.ledger import Entry
from chemtune.messages import Message
from chemtune.tasks.task import Answer, Unreadable
from chemtune.teachers.teacher import Reply, RequestRefused

SHOWN_FINDINGS = 5


@dataclass(frozen=True)
class Read:
    """An answer with where it comes from."""

    answer: Answer
    findings: tuple[Finding, ...] = ()
    text: str = ""
    key: str = ""
    reply: Reply | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a job: an example, or an entry of the ledger.

    Attributes:
        job: The job.
        read: What the reply says, wherever it could be read, and where it comes from.
        answer: The same, without what the rules drop.
        findings: What the checks say of it.
        agreement: How far a second teacher agrees with it, 0 to 1, where one answered.
        example: The example, where the answer is accepted.
        entry: The ledger's entry, where it is not.
    """

    job: Job
    read: Read | None = None
    answer: Answer | None = None
    findings: tuple[Finding, ...] = ()
    agreement: float | None = None
    example: Example | None = None
    entry: Entry | None = None


@dataclass(frozen=True)
class Second:
    """A second teacher's replies, and what they decide.

    Attributes:
        bought: The replies.
        at_least: Examples with less agreement (the mean F1 of their fields) are left out; None
            leaves none out.
        agreement: Takes what both say.
    """

    bought: Bought
    at_least: float | None
    agreement: Agreement


def assemble(
    jobs: Iterable[Job],
    bought: Sequence[Bought],
    rules: Mapping[str, Rule],
    second: Second | None = None,
) -> Iterator[Outcome]:
    """Yield what becomes of each job, in their order: the same whenever the journal is the same.

    Args:
        jobs: The jobs.
        bought: The replies of the teacher who was asked, for each part of the recipe.
        rules: What is done about the findings of a check, by its name.
        second: The second teacher, where one was asked.
    """
    for job in jobs:
        read = read_answer(job, bought[job.part])
        if isinstance(read, Entry):
            yield Outcome(job, entry=read)
        else:
            outcome = accept(job, read, bought[job.part], rules)
            asked = second is not None and read.reply is not None
            yield _compared(outcome, read, second) if second and asked else outcome


def read_answer(job: Job, bought: Bought) -> Read | Entry:
    """Return the answer to a job, the document's own or the teacher's, or why there is none."""
    known = job.known()
    if known is not None:
        return Read(known)
    try:
        key, reply = bought.reply(job.request())
    except NotAsked as error:
        return Entry("teacher", "rejected", *job.key, "not asked", error.reason)
    except RequestRefused as error:
        return Entry("teacher", "rejected", *job.key, "refused by the teacher", error.reason)
    if reply.finish_reason == "length":
        tokens = reply.completion_tokens
        detail = f"the reply was cut off after {tokens} tokens; raise teacher.max_tokens"
        return Entry("reading", "rejected", *job.key, "reply cut off", detail, reply.text)
    try:
        return read_reply(job, key, reply)
    except Unreadable as error:
        reason = "unreadable reply"
        return Entry("reading", "rejected", *job.key, reason, str(error), reply.text)


def read_reply(job: Job, key: str, reply: Reply) -> Read:
    """Return what a reply to a job says; `key` is the journal's.

    Raises:
        Unreadable: It is not in the task's format.
    """
    answer = job.task.read(reply.text)
    departed = job.task.departures(reply.text)
    findings = [Finding("format", "warning", "", "", f"repaired: {departed}")] if departed else []
    return Read(answer, tuple(findings), reply.text, key, reply)


def accept(job: Job, read: Read, bought: Bought, rules: Mapping[str, Rule]) -> Outcome:
    """Check an answer against its document."""
    answer, of_rules = _checked(job, read, rules)
    if of_rules.rejecting:
        wrong = of_rules.rejecting
        detail = "; ".join(f"{f.field} {f.value!r} {f.message}" for f in wrong[:SHOWN_FINDINGS])
        entry = Entry("checks", "rejected", *job.key, wrong[0].check, detail, read.text)
        return Outcome(job, read, answer, tuple(of_rules.kept), entry=entry)
    example = example_of(job, read, answer, of_rules.kept, bought)
    return Outcome(job, read, answer, tuple(of_rules.kept), example=example)


def example_of(
    job: Job, read: Read, answer: Answer, findings: Sequence[Finding], bought: Bought
) -> Example:
    """Return the example that an answer to a job makes.

    Args:
        job: The job.
        read: The reply that the answer comes from.
        answer: The answer as it is to stand.
        findings: What is kept of what the checks say of it.
        bought: Tells who was asked, at which price and on which terms.
    """
    document, task = job.document, job.task
    messages = task.write(document, job.wording)
    return Example(
        document_id=document.id,
        document=document.name,
        task=task.name,
        split=document.split,
        messages=messages,
        answer=task.render(answer),
        language=task.language,
        source=document.source,
        licence=document.licence,
        teacher="document" if read.reply is None else bought.teacher.name,
        terms=bought.terms if read.reply else "",
        reply_key=read.key,
        findings=list(findings),
        wording=job.wording,
        prompt_sha256=hash_of(messages),
        model=read.reply.model if read.reply else "",
        prompt_tokens=read.reply.prompt_tokens if read.reply else None,
        completion_tokens=read.reply.completion_tokens if read.reply else None,
        cost_usd=bought.price.of_reply(read.reply) if bought.price and read.reply else None,
        parent=document.parent,
        offset=document.offset,
        page=document.layout.page(0),
    )


def _compared(outcome: Outcome, read: Read, second: Second) -> Outcome:
    """The outcome with what the second teacher says of the same."""
    job, example = outcome.job, outcome.example
    if example is None or outcome.answer is None:
        return outcome
    other = read_answer(job, second.bought)
    agreed, why = None, ""
    if isinstance(other, Entry):
        why = f"the second teacher gave no answer: {other.detail}"
    else:
        found = overlaps(job.task, outcome.answer, other.answer)
        second.agreement.add(job.task.name, found)
        agreed = mean_f1(found)
        why = f"the second teacher agrees to {agreed:.2f}; {second.at_least} is asked for"
    if second.at_least is not None and (agreed is None or agreed < second.at_least):
        entry = Entry("checks", "rejected", *job.key, "agreement", why, read.text)
        return replace(outcome, agreement=agreed, example=None, entry=entry)
    return replace(outcome, agreement=agreed, example=replace(example, agreement=agreed))


def _checked(job: Job, read: Read, rules: Mapping[str, Rule]) -> tuple[Answer, Judged]:
    """The answer, without what the rules drop, and what the checks say of it."""
    answer, dropped = read.answer, list[Finding]()
    while True:
        findings = [*read.findings, *job.task.check(answer, job.document)]
        of_rules = judged(findings, rules)
        if of_rules.rejecting or not of_rules.dropping:
            return answer, replace(of_rules, kept=[*of_rules.kept, *dropped])
        finding = of_rules.dropping[0]
        left = job.task.without(answer, finding)
        if left is None or left == answer:
            return answer, replace(of_rules, rejecting=of_rules.dropping)
        answer = left
        dropped.append(replace(finding, severity="warning", message=f"dropped: {finding.message}"))


def hash_of(messages: list[Message]) -> str:
    """Return the SHA-256 of a prompt, in hexadecimal."""
    text = json.dumps(messages, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
