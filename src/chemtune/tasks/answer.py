"""A question, and its answer as text, short or long."""

from __future__ import annotations

from typing import Literal

from chemtune.checks.finding import Finding
from chemtune.checks.wording import check_wording
from chemtune.documents.document import Document
from chemtune.tasks.aspects import Aspect, Prose, Role
from chemtune.tasks.task import Answer, Task, Unreadable


class FreeAnswer(Task):
    """Answers in plain text. The document is the question; it may bring the answer with it."""

    kind: Literal["answer"]
    answer_column: str = "answer"
    max_words: int | None = None

    def shown(self, document: Document) -> str:
        """The question, and below it what it is asked about, where the record has that apart."""
        context = document.fields.get("context")
        given = context.strip() if isinstance(context, str) else ""
        return f"{document.content}\n\n{given}" if given else document.content

    def known(self, document: Document) -> Answer | None:
        """The document's own answer, where its record has one."""
        text = document.fields.get(self.answer_column)
        return {"text": text.strip()} if isinstance(text, str) and text.strip() else None

    def read(self, reply: str) -> Answer:
        """The whole reply is the answer; see `Task.read`."""
        if not reply.strip():
            raise Unreadable("is empty")
        return {"text": reply.strip()}

    def departures(self, reply: str) -> str:
        """None: every text is in the format."""
        del reply
        return ""

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """An answer has no more words than allowed."""
        text = answer["text"]
        if self.max_words is None:
            return []
        return check_wording(
            "text", text, language=self.language, formulas=True, max_words=self.max_words
        )

    def render(self, answer: Answer) -> str:
        """The text itself."""
        return str(answer["text"])

    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """The text: a short answer where words are limited, else a long one."""
        role: Role = "long answer" if self.max_words is None else "short answer"
        return (Prose("text", answer["text"], role),)
