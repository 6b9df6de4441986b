"""The data set's card: what is in it, where it comes from, what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from chemtune.dataset.agreement import FieldAgreement
from chemtune.dataset.gold import Gold
from chemtune.dataset.judge import Trust
from chemtune.dataset.ledger import Ledger
from chemtune.dataset.licences import warnings_for
from chemtune.dataset.reviewed import OPEN, TAKEN, CalledRight, Reviewed
from chemtune.dataset.tally import Tally
from chemtune.documents.document import SPLITS
from chemtune.files import write_text

HEAD = """\
---
language: [{languages}]
task_categories: [text-generation]
tags: [chemistry, instruction-tuning, chemtune]
configs:
- config_name: default
  data_files:
  - {{split: train, path: train.parquet}}
  - {{split: validation, path: validation.parquet}}
  - {{split: test, path: test.parquet}}
---

# {name}

Instruction data built by chemtune: {total} examples from {documents} documents. Every answer was
read in its task's format and checked against its document; `findings` holds the character offsets
of what was found there. The splits are by document: none is on two sides.
"""


def write_card(
    path: Path,
    name: str,
    tally: Tally,
    ledger: Ledger,
    agreement: Sequence[FieldAgreement] = (),
    gold: Gold | None = None,
    trust: Trust | None = None,
    people: Reviewed | None = None,
) -> None:
    """Write the card of a data set as Markdown with the hub's YAML head."""
    parts = [
        HEAD.format(
            name=name,
            languages=", ".join(sorted(tally.languages)),
            total=tally.total,
            documents=len(tally.documents),
        ),
        "## Examples\n\n" + _counts(tally),
        "## Sources and licences\n\n" + _sources(tally),
        *_licences(tally),
        *_terms(tally),
        *_agreement(agreement),
        *_gold(gold),
        *_judge(trust),
        *_people(people),
        "## Left out\n\n" + _left_out(ledger),
    ]
    write_text(path, "\n".join(parts))


def _counts(tally: Tally) -> str:
    rows = ["| task | " + " | ".join(SPLITS) + " |", "|---|" + "---:|" * len(SPLITS)]
    for task, of_split in tally.examples().items():
        cells = " | ".join(str(of_split[split]) for split in SPLITS)
        rows.append(f"| {task} | {cells} |")
    return "\n".join(rows) + "\n"


def _sources(tally: Tally) -> str:
    rows = ["| source | licence | answers by | examples |", "|---|---|---|---:|"]
    for (source, licence, teacher), count in tally.by_origin.most_common():
        cells = (_cell(source or "not named"), _cell(licence), _cell(teacher), str(count))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _licences(tally: Tally) -> list[str]:
    by_licence: Counter[str] = Counter()
    for (_, licence, _), count in tally.by_origin.items():
        by_licence[licence] += count
    told = warnings_for({_cell(licence): count for licence, count in by_licence.items()})
    return ["".join(f"- **Mind the licence:** {sentence}\n" for sentence in told)] if told else []


def _terms(tally: Tally) -> list[str]:
    told = [f"- **Mind the terms:** of {count} examples, {_cell(said)}.\n" for said, count in
            tally.terms.most_common()]  # fmt: skip
    return ["".join(told)] if told else []


def _agreement(agreement: Sequence[FieldAgreement]) -> list[str]:
    if not agreement:
        return []
    rows = [
        "| task | field | examples | F1 | 95% interval |",
        "|---|---|---:|---:|---|",
        *(
            f"| {one.task} | {one.field} | {one.examples} | {one.f1:.2f} | "
            f"{one.interval[0]:.2f} to {one.interval[1]:.2f} |"
            for one in agreement
        ),
    ]
    return ["## Agreement of the two teachers\n\n" + "\n".join(rows) + "\n"]


def _gold(gold: Gold | None) -> list[str]:
    if gold is None:
        return []
    rows = [
        "Answers that people vouch for, and the teacher's, by field; an answer that is missing or",
        "unreadable has missed all of the gold's items, whose number is given.",
        "",
        "| task | field | answers | compared | items | precision | recall | F1 | 95% interval |",
        "|---|---|---|---:|---:|---:|---:|---:|---|",
        *(
            f"| {one.task} | {one.field} | {'accepted' if one.accepted else 'all'} | "
            f"{one.examples} | {one.items} | {one.precision:.2f} | {one.recall:.2f} | "
            f"{one.f1:.2f} | {one.interval[0]:.2f} to {one.interval[1]:.2f} |"
            for one in gold.fields()
        ),
        "",
        *(
            f"- {one.task}: the checks rejected {one.wrong_rejected} of {one.wrong} answers that "
            f"differ from the gold (95% interval {one.wrong_interval[0]:.2f} to "
            f"{one.wrong_interval[1]:.2f}) and {one.right_rejected} of {one.right} that do not "
            f"({one.right_interval[0]:.2f} to {one.right_interval[1]:.2f})."
            for one in gold.caught()
        ),
    ]
    return ["## Against gold\n\n" + "\n".join(rows) + "\n"]


def _judge(trust: Trust | None) -> list[str]:
    if trust is None:
        return []
    if not trust.answers:
        said = "No gold was given, so that its word only stands beside the examples as a warning."
    else:
        low, high = trust.interval
        word = "rejects" if trust.trusted else "only stands beside the examples as a warning"
        said = (
            f"On {trust.answers} answers with gold it agreed {trust.agreed} times (Cohen's kappa "
            f"{trust.kappa:.2f}, 95% interval {low:.2f} to {high:.2f}), so that its word {word}."
        )
    return [f"## The judge\n\n{said}\n"]


def _people(people: Reviewed | None) -> list[str]:
    if people is None or not people.by_task:
        return []
    count, kinds = len(people.reviewers), (*TAKEN, *OPEN)
    rows = [
        f"{people.by_task.total()} answers were decided about by {count} "
        f"{'person' if count == 1 else 'people'}; accepted, rejected and corrected ones stand as",
        "they decided. Disputed ones (reviewers disagree), stale ones (the answer is another one",
        "now) and unreadable ones wait for another look.",
        "",
        f"| task | {' | '.join(kinds)} |",
        f"|---|{'---:|' * len(kinds)}",
        *(
            f"| {task} | {' | '.join(str(people.by_task[task, kind]) for kind in kinds)} |"
            for task in sorted({task for task, _ in people.by_task})
        ),
        "",
        *(_called_right(one) for one in people.rates()),
        "",
        "What was read may have been chosen and not drawn: these are no rates of the data set.",
    ]
    return ["## What people decided\n\n" + "\n".join(rows) + "\n"]


def _called_right(one: CalledRight) -> str:
    before = "were accepted" if one.accepted else "were left out"
    low, high = one.interval
    return (
        f"- {one.task}: people called {one.right} of {one.answers} right that {before} before "
        f"(95% interval {low:.2f} to {high:.2f})."
    )


def _left_out(ledger: Ledger) -> str:
    reasons = ledger.by_reason()
    if not reasons and not ledger.cut:
        return "Nothing.\n"
    rows = ["Each with its reason in `rejected.parquet`.", "", "| reason | count |", "|---|---:|"]
    rows += [f"| {reason} | {count} |" for reason, count in reasons.items()]
    if ledger.cut:
        rows.append(f"| cut to length, not left out | {ledger.cut} |")
    return "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    """Text from a document in a table's cell: on one line, without what would end the cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;") or "-"
