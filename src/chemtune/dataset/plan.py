"""What a recipe asks of its documents: the documents prepared, and each with its tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from chemtune.checks.policy import Rule
from chemtune.dataset.contamination import ContaminationIndex
from chemtune.dataset.job import Job, jobs_of
from chemtune.dataset.ledger import Entry, Ledger
from chemtune.dataset.near_duplicates import NearDuplicates
from chemtune.dataset.place import place_of
from chemtune.dataset.prepare import leave_out, prepare
from chemtune.dataset.prepared import Prepared
from chemtune.dataset.seen import Seen
from chemtune.documents.chunk import chunk
from chemtune.documents.document import Document
from chemtune.documents.question import Question, options_of, read_questions
from chemtune.documents.read import file_name, read_documents
from chemtune.documents.tokens import estimate_tokens, tokenizer_count
from chemtune.domains import Domain, JudgeWording, find_domain
from chemtune.errors import InputError, Problem
from chemtune.recipe.load import check_names
from chemtune.recipe.schema import AnyTeacher, Chunking, DocumentSource, Recipe
from chemtune.tasks.load import load_tasks
from chemtune.tasks.task import Task


@dataclass(frozen=True)
class Plan:
    """A recipe with its tasks; its documents are read when they are asked for."""

    recipe: Recipe
    tasks: dict[str, Task]

    @classmethod
    def of(cls, recipe: Recipe) -> Plan:
        """Read the recipe's domain.

        Raises:
            InputError: A name of the recipe is not known.
        """
        plan = cls(recipe, tasks_of(recipe))
        check_names(recipe, tasks=list(plan.tasks))
        return plan

    @cached_property
    def domain(self) -> Domain:
        """The recipe's domain."""
        return find_domain(self.recipe.domain, self.recipe.folder)

    @property
    def teachers(self) -> list[AnyTeacher]:
        """The teacher of each part of the recipe's documents."""
        return [source.teacher or self.recipe.teacher for source in self.recipe.documents]

    @property
    def judge_wording(self) -> JudgeWording:
        """How the domain asks for a verdict.

        Raises:
            InputError: It has no wording for that.
        """
        domain = self.domain
        if domain.judge is None:
            remedy = "write `judge: {template: ...}` into its domain.yaml"
            fault = f"the domain {domain.name!r} does not say how a judge is asked"
            raise InputError(Problem(fault, self.recipe._file, field="judge", remedy=remedy))
        return domain.judge

    @property
    def rules(self) -> dict[str, Rule]:
        """What is done about the findings of each check that the recipe names."""
        rules = self.recipe.checks.items()
        return {str(check): Rule(rule.severity, rule.action) for check, rule in rules}

    def prepared(self, ledger: Ledger, *, limit: int | None = None) -> Iterator[Prepared]:
        """Yield the documents that can be used, with their tasks; none is asked a task twice.

        Args:
            ledger: Takes what is left out or cut.
            limit: Take only the first `limit` documents of each source.

        Raises:
            InputError: A file is not as it should be (while iterating).
        """
        seen = Seen()
        whys = self._whys(seen)
        for part, source in enumerate(self.recipe.documents):
            documents = self._prepared_part(part, source, seen, ledger, limit)
            for why in whys:
                documents = leave_out(documents, why, ledger)
            for document in documents:
                earlier = [p for p in seen.sources_of(document.id) if p < part]
                asked = {task for p in earlier for task in self.recipe.documents[p].tasks}
                tasks = tuple(task for task in source.tasks if task not in asked)
                if tasks:
                    yield Prepared(document, part, tasks)

    def jobs(self, ledger: Ledger, *, limit: int | None = None) -> Iterator[Job]:
        """Yield a job for every task of every document; see `prepared`."""
        prepared = self.prepared(ledger, limit=limit)
        return jobs_of(prepared, self.tasks, seed=self.recipe.seed)

    def _prepared_part(
        self, part: int, source: DocumentSource, seen: Seen, ledger: Ledger, limit: int | None
    ) -> Iterator[Document]:
        limits = [n for n in (limit, source.limit) if n is not None]
        place = place_of(source, self.recipe.folder)
        # Of many files one may be left out; a file that is named for itself is wanted.
        stop = source.faulty == "stop" or len(place.paths) == 1
        documents = read_documents(
            place.paths,
            columns=self._columns(source),
            language=source.language,
            source=source.source or place.origin or None,
            licence=source.licence or place.licence or None,
            prefix=place.prefix,
            limit=min(limits, default=None),
            on_fault=None if stop else unreadable_to(ledger),
        )
        return prepare(
            documents,
            part=part,
            chunk=self._chunk(source.chunk),
            max_characters=source.max_characters,
            languages=("en", "ko"),
            validation=self.recipe.split.validation,
            test=self.recipe.split.test,
            seen=seen,
            ledger=ledger,
        )

    def _columns(self, source: DocumentSource) -> dict[str, str]:
        """Which column holds what: by the recipe, before what the domain knows of the data set."""
        known = self.domain.sources.get(source.hub or "", {})
        return known | {str(name): column for name, column in source.columns.items()}

    def _chunk(self, asked: Chunking | None) -> Callable[[Document], Iterator[Document]] | None:
        if asked is None:
            return None
        count: Callable[[str], int] = estimate_tokens
        if asked.tokenizer is not None:
            count = tokenizer_count(self.recipe.folder / asked.tokenizer)
        return lambda document: chunk(
            document, tokens=asked.tokens, overlap=asked.overlap, count=count
        )

    def _whys(self, seen: Seen) -> list[Callable[[Document], tuple[str, str] | None]]:
        """What says of a document that it is left out; the test side may hold the evaluation's."""
        whys = [_contaminated(ContaminationIndex(self._evaluated()))]
        near = self.recipe.near_duplicates
        if near is not None:
            whys.append(_repeats(NearDuplicates(near.similarity), near.min_characters, seen))
        return whys

    def _evaluated(self) -> Iterator[Question]:
        """All questions that the run evaluates on, which must not be trained on."""
        for questions in self.recipe.evaluation.questions:
            for path in place_of(questions, self.recipe.folder).paths:
                yield from read_questions(path, split=questions.split)


def _contaminated(index: ContaminationIndex) -> Callable[[Document], tuple[str, str] | None]:
    def why(document: Document) -> tuple[str, str] | None:
        if document.split == "test":
            return None
        match = index.find(document.text, options_of(document.fields))
        if match is None:
            return None
        share = "" if match.how == "exact" else f" ({match.similarity:.2f})"
        detail = f"repeats question {match.question} of the evaluation: {match.how}{share}"
        return "contamination", detail

    return why


def _repeats(
    near: NearDuplicates, min_characters: int, seen: Seen
) -> Callable[[Document], tuple[str, str] | None]:
    def why(document: Document) -> tuple[str, str] | None:
        if len(document.text) < min_characters:
            return None
        match = near.add(document.id, document.text)
        # A document may come again from another source, for other tasks.
        if match is None or match[0] == document.id:
            return None
        other, similarity = match
        return "near-duplicate", f"nearly the same as {seen.name_of(other)} ({similarity:.2f})"

    return why


def tasks_of(recipe: Recipe) -> dict[str, Task]:
    """Return the tasks of a recipe's domain, by name, their prompts in the recipe's order."""
    tasks = load_tasks(find_domain(recipe.domain, recipe.folder).task_folder)
    if recipe.order == "document-first":
        return tasks
    return {name: task.instruction_first() for name, task in tasks.items()}


def unreadable_to(ledger: Ledger) -> Callable[[Path, InputError], None]:
    """Return what writes a file that cannot be read to the ledger."""

    def note(path: Path, error: InputError) -> None:
        detail = "; ".join(problem.message for problem in error.problems)
        ledger.add(Entry("document", "rejected", file_name(path), "", "unreadable file", detail))

    return note
