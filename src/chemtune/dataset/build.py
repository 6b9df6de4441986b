"""Step 1: documents and instructions go to a teacher; its replies become a checked data set.

It runs in three passes, each a stream, so that memory does not grow with the corpus: the documents
are prepared into a file; what the journal does not answer is asked; the examples are assembled out
of the journal. The last needs no teacher, so a data set can be made again from the journal alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from chemtune.dataset.agreement import Agreement
from chemtune.dataset.assemble import Outcome, Second, assemble
from chemtune.dataset.card import write_card
from chemtune.dataset.example import examples_written
from chemtune.dataset.formats import formats_written, write_info
from chemtune.dataset.gather import gather
from chemtune.dataset.gold import Gold
from chemtune.dataset.job import jobs_of
from chemtune.dataset.judge import Judge, Trust, with_judge
from chemtune.dataset.ledger import Ledger, ledger_written
from chemtune.dataset.panel import Invited, Panel
from chemtune.dataset.plan import Plan
from chemtune.dataset.prepared import SCHEMA, read_prepared
from chemtune.dataset.reviewed import Reviewed
from chemtune.dataset.rows import read_rows, rows_written
from chemtune.dataset.seen import Distinct
from chemtune.dataset.tally import Tally
from chemtune.documents.document import SPLITS
from chemtune.documents.read import find_files
from chemtune.errors import ChemtuneError, InputError, Problem
from chemtune.recipe.load import load_recipe
from chemtune.recipe.run_folder import RunFolder
from chemtune.recipe.schema import Recipe
from chemtune.teachers.ask import AskedCounts
from chemtune.teachers.journal import Journal


def build(
    recipe: Recipe | Path | str,
    *,
    limit: int | None = None,
    offline: bool = False,
    gold: Path | str | None = None,
) -> dict[str, Any]:
    """Build the data set of a recipe in its run folder.

    Replies are journaled as they come; running again asks only for what the journal lacks.

    Args:
        recipe: A recipe, or the path of one.
        limit: Take only the first `limit` documents of each source.
        offline: Ask nobody; the journal's replies are all there is.
        gold: A file, folder or glob of answers that people vouch for, as JSON Lines of document,
            task and reply; the teacher's are compared with them.

    Returns:
        `documents`, `requests` (sent now), `replies_from_journal`, `accepted`, `rejected` (by
        reason), `examples` (by task and split), `tokens` (of the teacher, now), `cost_usd` (of the
        replies that came now; None where no price is known), `stopped` (why not everything was
        asked, or ""), `agreement` (of a second teacher, by task and field), `gold` (`fields`,
        `caught` and `unmet`; see `Gold`), `judge` (its agreement with gold), `reviewed` (what
        people decided: `accepted`, `rejected`, `corrected`; not taken: `disputed`, `stale`,
        `unreadable`, whose documents and tasks are in `look_again`; `unmet`, not about this build;
        `reviewers`; None where nobody decided anything), `wall_s`, `run`.

    Raises:
        InputError: The recipe, a file or the teacher's key is not as it should be.
        ChemtuneError: The teacher or the disk failed; what was journaled is kept.
    """
    started = time.monotonic()
    if not isinstance(recipe, Recipe):
        recipe = load_recipe(recipe)
    plan = Plan.of(recipe)
    invited = Invited(recipe)
    golden = None
    if gold is not None:
        golden = Gold.read(find_files(str(gold), Path.cwd()), plan.tasks)
    people = Reviewed.of(recipe, plan.rules)
    folder = RunFolder(recipe.run_folder)
    folder.begin(recipe)
    rejected = folder.dataset / "rejected.parquet"
    journal_path = recipe.folder / recipe.journal if recipe.journal else folder.journal
    with ledger_written(rejected) as ledger, Journal(journal_path) as journal:
        known = _refused_before(rejected) if offline else {}
        panel = invited.panel(journal, known)
        counted = _prepare(plan, folder.prepared, ledger, limit, panel.parts)
        made = _Made(plan, folder, panel, golden, people)
        if not offline:
            made.ask(counted)
        trust = made.judge_all(offline=offline)
        tally = made.assemble(ledger)
    agreement = list(made.second.agreement.fields()) if made.second else []
    card = folder.dataset / "README.md"
    write_card(card, recipe.name, tally, ledger, agreement, golden, trust, people)
    if not tally.total:
        what = "no example was accepted" if len(counted.documents) else "no document is left"
        raise _nothing(what, made.counts, ledger, rejected)
    return {
        "run": str(folder.path),
        "documents": len(counted.documents),
        **made.asked_for(offline=offline),
        "accepted": tally.total,
        "rejected": ledger.by_reason(),
        "examples": tally.examples(),
        "agreement": [asdict(field) for field in agreement],
        "gold": golden.report() if golden else None,
        "judge": asdict(trust) if trust else None,
        "reviewed": people.report() if people else None,
        "wall_s": round(time.monotonic() - started, 2),
    }


def _nothing(what: str, counts: AskedCounts, ledger: Ledger, rejected: Path) -> ChemtuneError:
    """The error of a build without an example."""
    reasons = ", ".join(f"{n} {reason}" for reason, n in ledger.by_reason().items())
    if counts.stopped:
        # Not the input's fault: batches may be under way, or there is no money left.
        return ChemtuneError(f"there is no example yet ({reasons}): {counts.stopped}")
    return InputError(Problem(f"{what} ({reasons})", rejected))


@dataclass
class _Counted:
    """The documents to use, and the number of requests to each teacher."""

    documents: Distinct = field(default_factory=Distinct)
    requests: dict[int, int] = field(default_factory=dict)


def _prepare(
    plan: Plan, path: Path, ledger: Ledger, limit: int | None, parts: Sequence[int]
) -> _Counted:
    """Write the documents that will be used; a fault in one is found before anything is asked."""
    counted = _Counted()
    with rows_written(path, SCHEMA) as rows:
        for prepared in plan.prepared(ledger, limit=limit):
            rows.write(prepared.row())
            counted.documents.add(prepared.document.id)
            teacher = parts[prepared.part]
            known = [plan.tasks[name].known(prepared.document) for name in prepared.tasks]
            counted.requests[teacher] = counted.requests.get(teacher, 0) + known.count(None)
    return counted


def _refused_before(path: Path) -> dict[tuple[str, str], str]:
    """Why the last build has no reply to some requests: what the journal cannot tell."""
    if not path.is_file():
        return {}
    rows = (row for row in read_rows(path) if row["reason"] == "refused by the teacher")
    return {(row["document"], row["task"]): row["detail"] for row in rows}


class _Made:
    """What a build makes out of its documents and replies."""

    def __init__(
        self,
        plan: Plan,
        folder: RunFolder,
        panel: Panel,
        gold: Gold | None,
        people: Reviewed | None,
    ) -> None:
        self.plan, self.folder, self.panel, self.gold = plan, folder, panel, gold
        self.people = people
        self.counts = AskedCounts()
        self.replied = 0
        self.second: Second | None = None
        recipe = plan.recipe
        if recipe.second is not None and panel.second is not None:
            of_second = panel.everybody[panel.second]
            self.second = Second(of_second, recipe.second.at_least, Agreement())
        self.judge: Judge | None = None
        if recipe.judge is not None and panel.judge is not None:
            least = recipe.judge.least_kappa
            self.judge = Judge(panel.everybody[panel.judge], plan.judge_wording, least)

    def ask(self, counted: _Counted) -> None:
        """Ask the teachers, each for all that it is to answer."""
        for number in self.panel.answering:
            self._ask(number, counted, only_its_own=True)
        if self.panel.second is not None:
            self._ask(self.panel.second, counted, only_its_own=False)

    def asked_for(self, *, offline: bool) -> dict[str, Any]:
        """What was asked for and what it took, as fields of the result."""
        counts = self.counts
        return {
            "requests": counts.requests_sent,
            "replies_from_journal": self.replied if offline else counts.replies_from_journal,
            "tokens": {"prompt": counts.prompt_tokens, "completion": counts.completion_tokens},
            "cost_usd": round(counts.cost_usd, 6) if self.panel.costs_known else None,
            "stopped": counts.stopped,
        }

    def judge_all(self, *, offline: bool) -> Trust | None:
        """Have the accepted answers judged, and the judge by what gold there is."""
        if self.judge is None:
            return None
        if not offline:
            requests = map(self.judge.request, self._outcomes())
            total = sum(1 for outcome in self._outcomes() if self.judge.request(outcome))
            asked = (request for request in requests if request is not None)
            cap = self.plan.recipe.budget_usd
            self.counts += gather(self.judge.bought, asked, total, cap)
        if self.gold is not None:
            for outcome in self._outcomes():
                self.judge.compare(outcome, self.gold.right(outcome))
        return self.judge.settle()

    def assemble(self, ledger: Ledger) -> Tally:
        """Write the examples, each to its split."""
        tally, formats = Tally(), self.plan.recipe.formats
        if formats:
            write_info(self.folder.dataset, SPLITS, formats)
        # What a pass before this one compared must not count twice.
        if self.second is not None:
            self.second = replace(self.second, agreement=Agreement())
        outcomes = self._outcomes()
        if self.judge is not None:
            outcomes = with_judge(outcomes, self.judge, self.plan.rules)
        with ExitStack() as stack:
            files = {
                split: (
                    stack.enter_context(examples_written(self.folder.dataset / f"{split}.parquet")),
                    stack.enter_context(formats_written(self.folder.dataset, split, formats)),
                )
                for split in SPLITS
            }
            for outcome in self._settled(outcomes):
                if outcome.entry is not None:
                    ledger.add(outcome.entry)
                if outcome.example is not None:
                    for file in files[outcome.example.split]:
                        file.write(outcome.example)
                    tally.add(outcome.example)
        return tally

    def _ask(self, number: int, counted: _Counted, *, only_its_own: bool) -> None:
        plan, parts = self.plan, self.panel.parts
        of_teacher = (
            one
            for one in read_prepared(self.folder.prepared)
            if not only_its_own or parts[one.part] == number
        )
        jobs = jobs_of(of_teacher, plan.tasks, seed=plan.recipe.seed)
        requests = (job.request() for job in jobs if job.known() is None)
        total = counted.requests.get(number, 0) if only_its_own else sum(counted.requests.values())
        bought = self.panel.everybody[number]
        self.counts += gather(bought, requests, total, plan.recipe.budget_usd)

    def _settled(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Outcomes as people decided; gold is compared with them as they were before."""
        of_parts = self.panel.of_parts
        for outcome in outcomes:
            if self.gold is not None:
                self.gold.add(outcome)
            if outcome.entry is not None:
                self.replied += bool(outcome.entry.reply)
            if outcome.example is not None:
                self.replied += bool(outcome.example.reply_key)
            settled = outcome
            if self.people is not None:
                settled = self.people.settle(outcome, of_parts[outcome.job.part])
            yield settled

    def _outcomes(self) -> Iterator[Outcome]:
        prepared = read_prepared(self.folder.prepared)
        jobs = jobs_of(prepared, self.plan.tasks, seed=self.plan.recipe.seed)
        return assemble(jobs, self.panel.of_parts, self.plan.rules, self.second)
