"""Task: one kind of question to put to a document.

A kind is one file with three functions: write the prompt, read the reply, check the answer against
its document. Beside them it says how an answer is written down again (`render`, what the student
learns to produce) and what of it is compared with a
reference (`scored`). The wording is the domain's, in YAML.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from chemtune.checks.finding import Finding
from chemtune.documents.document import Document
from chemtune.messages import Message
from chemtune.tasks.aspects import Aspect, Compared, Keyphrases, Label, Names, Prose

Answer = dict[str, Any]


class Unreadable(Exception):
    """A reply that is not in the format that was asked for; says in what way."""


DOCUMENT_FIRST = "{document}\n\n{instruction}"
INSTRUCTION_FIRST = "{instruction}\n\n{document}"


class Task(BaseModel, ABC):
    """One task of a domain: a kind with its wording.

    Attributes:
        name: The task's name in recipes; the name of its YAML file.
        title: Its name in tables.
        language: The language of the answers.
        instruction: What is asked; stands after the document.
        wordings: Other wordings of the instruction, that ask for the same.
        system: A system message, or None.
        template: How document and instruction make the user's message.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    title: str
    language: str = "en"
    instruction: str
    wordings: list[str] = Field(default_factory=list)
    system: str | None = None
    template: str = DOCUMENT_FIRST

    def instruction_first(self) -> Self:
        """Return the task with the instruction before the document; unless its template is own."""
        changed = INSTRUCTION_FIRST if self.template == DOCUMENT_FIRST else self.template
        return self.model_copy(update={"template": changed})

    def write(self, document: Document, wording: int = 0) -> list[Message]:
        """Return the messages that put this task to a model: the document, then what is asked.

        Args:
            document: The document.
            wording: Which instruction: 0 is `instruction`, 1 the first of `wordings`, and so on.

        Raises:
            InputError: The document lacks something that the task needs.
        """
        return self._messages(self.shown(document), self.instructions[wording])

    @property
    def instructions(self) -> list[str]:
        """Every wording of the instruction, `instruction` first."""
        return [self.instruction, *self.wordings]

    def ask(self, document: Document, wording: int = 0) -> list[Message]:
        """Return the messages for the teacher: those of `write`, unless it is told more.

        The document always stands first, so that no reply is bought again for another order.
        """
        return self._asked().write(document, wording)

    def reply_schema(self) -> dict[str, Any] | None:
        """Return the JSON schema of a reply, or None where the format is not a JSON object.

        It is what strict servers take: every property required, no others allowed.
        """
        return None

    def known(self, document: Document) -> Answer | None:
        """Return the answer that the document itself brings; then no teacher is asked."""
        del document
        return None

    def shown(self, document: Document) -> str:
        """Return the text of the document as a model is shown it."""
        return document.content

    def shown_in(self, messages: Sequence[Message]) -> str:
        """Return the text of the document that stands in messages which `write` wrote.

        All that the user says, where the instruction was worded otherwise then.
        """
        said = "\n\n".join(m["content"] for m in messages if m["role"] == "user")
        before, _, after = self.template.partition("{document}")
        for instruction in self.instructions:
            start = before.replace("{instruction}", instruction)
            end = after.replace("{instruction}", instruction)
            long_enough = len(said) >= len(start) + len(end)
            if long_enough and said.startswith(start) and said.endswith(end):
                return said[len(start) : len(said) - len(end)]
        return said

    @abstractmethod
    def read(self, reply: str) -> Answer:
        """Return the answer in a reply.

        Raises:
            Unreadable: The reply is not in the format asked for.
        """

    def departures(self, reply: str) -> str:
        """Say how a reply that could be read departs from the format asked for; "" where not.

        An answer out of such a reply is marked as repaired.
        """
        # Here, for reading itself needs Unreadable.
        from chemtune.tasks.reading import departures

        return "" if reply.strip() == self.render(self.read(reply)) else departures(reply)

    @abstractmethod
    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """Check an answer against its document and the instruction."""

    @abstractmethod
    def render(self, answer: Answer) -> str:
        """Return the answer as the instruction asks for it; `read` of it gives the answer again."""

    @abstractmethod
    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """Return what of the answer is compared with the reference in evaluation, and as what."""

    def compared(self, answer: Answer) -> Compared:
        """Return what is compared with gold or with another teacher, by field.

        It is made of what is scored, unless a task says otherwise.
        """
        items: dict[str, frozenset[str]] = {}
        texts: dict[str, str] = {}
        for aspect in self.scored(answer):
            if isinstance(aspect, Label):
                items[aspect.field] = frozenset([aspect.value])
            elif isinstance(aspect, Names):
                items |= {name: frozenset(map(fold, of)) for name, of in aspect.by_label.items()}
            elif isinstance(aspect, Keyphrases):
                items["keywords"] = frozenset(map(fold, aspect.phrases))
            elif isinstance(aspect, Prose):
                texts[aspect.field] = aspect.text
        return Compared(items, texts)

    def without(self, answer: Answer, finding: Finding) -> Answer | None:
        """Return the answer without what a finding objects to; None where that cannot be.

        It serves a recipe that drops a value instead of the whole example.
        """
        del answer, finding
        return None

    def _asked(self) -> Self:
        """The task as a teacher is asked it."""
        if self.template != INSTRUCTION_FIRST:
            return self
        return self.model_copy(update={"template": DOCUMENT_FIRST})

    def _messages(self, shown: str, instruction: str) -> list[Message]:
        parts = {"{document}": shown, "{instruction}": instruction}
        # One pass: a document that holds "{instruction}" stays as it is.
        content = re.sub(r"\{document\}|\{instruction\}", lambda m: parts[m[0]], self.template)
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": content}]


def fold(text: str) -> str:
    """Return a name as it is compared in scoring: NFKC, lower case, dashes and spaces alike."""
    from chemtune.checks.grounding import normalize

    return normalize(text)[0].casefold()
