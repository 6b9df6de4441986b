"""New documents for the run's model: read, cut into parts that fit, and kept in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from chemtune.dataset.ledger import Ledger
from chemtune.dataset.prepare import prepare
from chemtune.dataset.prepared import SCHEMA, Prepared
from chemtune.dataset.rows import rows_written
from chemtune.dataset.seen import Seen
from chemtune.documents.chunk import chunk
from chemtune.documents.document import Document
from chemtune.errors import InputError, Problem
from chemtune.models.template import Template
from chemtune.tasks.task import Task
from chemtune.use.opened import OpenedRun, takes_document

# A document's sentences are counted one by one, and what stands between them is not.
FULL = 0.9
LEAST_CHUNK = 32
ANY_LENGTH = 2**40


def chunker(
    opened: OpenedRun,
    template: Template,
    tasks: Mapping[str, Task],
    max_tokens: int,
    asked: int | None,
    overlap: int,
) -> Callable[[Document], Iterator[Document]]:
    """Return what cuts a document into parts that fit, with the longest instruction, a prompt.

    Args:
        opened: The run, whose tuning says how long an example may be.
        template: Of its model.
        tasks: To be put about each part.
        max_tokens: Of an answer.
        asked: Tokens of a part, where the user says them.
        overlap: Tokens that a part repeats of the one before.

    Raises:
        InputError: The answers leave no room for a document.
    """

    def count(text: str) -> int:
        return len(template.tokenizer(text, add_special_tokens=False)["input_ids"])

    room = asked
    if room is None:
        blank = Document(name="", text="")
        # Questions are short, and a blank one could not be asked.
        on_documents = [task for task in tasks.values() if takes_document(task)]
        prompts = [template.prompt_ids(task.write(blank)) for task in on_documents]
        around = max(map(len, prompts), default=0)
        room = int(FULL * (opened.recipe.tuning.max_tokens - around - max_tokens))
        if room < LEAST_CHUNK:
            message = (
                f"answers of {max_tokens} tokens leave no room for a document: the run was tuned "
                f"on {opened.recipe.tuning.max_tokens} tokens of prompt and answer"
            )
            raise InputError(Problem(message, remedy="give --chunk, or a smaller --max-tokens"))

    def cut(document: Document) -> Iterator[Document]:
        # Every chunk shows the title.
        of_text = max(room - count(document.title), LEAST_CHUNK)
        return chunk(document, tokens=of_text, overlap=overlap, count=count)

    return cut


def prepare_new(
    documents: Iterator[Document],
    path: Path,
    cut: Callable[[Document], Iterator[Document]],
    tasks: tuple[str, ...],
    ledger: Ledger,
) -> tuple[int, int]:
    """Write the documents that are used, in parts; return the number of both."""
    whole, parts = set[str](), 0
    used = prepare(
        documents,
        part=0,
        max_characters=ANY_LENGTH,
        chunk=cut,
        languages=("en", "ko"),
        validation=0.0,
        test=1.0,
        seen=Seen(),
        ledger=ledger,
    )
    with rows_written(path, SCHEMA) as rows:
        for document in used:
            rows.write(Prepared(document, 0, tasks).row())
            whole.add(document.parent or document.id)
            parts += 1
    return len(whole), parts
