"""A multiple-choice question: the option that is right, with or without an explanation."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Literal

from chemtune.checks.exams import check_explanation, check_leak
from chemtune.checks.finding import Finding
from chemtune.checks.wording import check_wording
from chemtune.documents.document import Document
from chemtune.documents.question import CIRCLED, Question, question_of
from chemtune.messages import Message
from chemtune.tasks.aspects import Aspect, Label, Prose
from chemtune.tasks.reading import excerpt, find_object, strict_object, text_fields
from chemtune.tasks.task import Answer, Task, Unreadable, fold

LABEL = re.compile(
    r"^\s*[(\[]?\s*([①-⑩]|[A-Ja-j](?![A-Za-z])|\d{1,2}(?!\d|[.,]\d))\s*[)\].:번]?\s*"
)


class Choice(Task):
    """Answers {"Answer": "② 0.01", "Explanation": "..."}.

    The key is the document's. The teacher, who explains it, is told; the student is not.

    Attributes:
        told: What the teacher is told of the key.
        explained: Whether an explanation is part of the answer. Without one the document's key is
            all of it, and no teacher is asked.
    """

    kind: Literal["choice"]
    told: str = ""
    explained: bool = True

    @property
    def _fields(self) -> list[str]:
        return ["Answer", "Explanation"] if self.explained else ["Answer"]

    def shown(self, document: Document) -> str:
        """The question with a line for each option, behind its label."""
        return _laid_out(_question(document))

    def put(self, question: Question) -> list[Message]:
        """Return the messages that put a question of an exam to a model that is tuned on this."""
        return self._messages(_laid_out(question), self.instruction)

    def ask(self, document: Document, wording: int = 0) -> list[Message]:
        """The teacher's prompt: the student's, with the right option told."""
        question = _question(document)
        told = self.told.replace("{answer}", _written(question, question.answer))
        instruction = f"{self.instructions[wording]}\n{told}"
        return self._asked()._messages(self.shown(document), instruction)

    def known(self, document: Document) -> Answer | None:
        """The document's own explanation with its key, where its record has one."""
        question = _question(document)
        answer = _written(question, question.answer)
        if not self.explained:
            return {"answer": answer}
        if not question.explanation:
            return None
        return {"answer": answer, "explanation": question.explanation}

    def read(self, reply: str) -> Answer:
        """Read the JSON object; see `Task.read`."""
        found = text_fields(find_object(reply), self._fields)
        if not found["Answer"]:
            raise Unreadable(f"the answer is empty: {excerpt(reply)}")
        return {name.lower(): value for name, value in found.items()}

    def check(self, answer: Answer, document: Document) -> list[Finding]:
        """The answer is the key's option, and the explanation speaks for it."""
        question = _question(document)
        findings = (
            self._check_explanation(answer["explanation"], question) if self.explained else []
        )
        findings += check_leak(question.text, question.options, question.answer)
        chosen = chosen_option(answer["answer"], question)
        if chosen != question.answer:
            said = "names no option" if chosen is None else "is not the key's option"
            message = f"{said}; right is {_written(question, question.answer)!r}"
            findings.append(Finding("key", "error", "Answer", answer["answer"], message))
        return findings

    def reply_schema(self) -> dict[str, Any]:
        """Answer and explanation as texts; see `Task.reply_schema`."""
        return strict_object({name: {"type": "string"} for name in self._fields})

    def render(self, answer: Answer) -> str:
        """Write the JSON object on one line."""
        fields = {name: answer[name.lower()] for name in self._fields}
        return json.dumps(fields, ensure_ascii=False)

    def scored(self, answer: Answer) -> tuple[Aspect, ...]:
        """The label of the option, and the explanation where there is to be one."""
        label = LABEL.match(answer["answer"])
        chosen = (
            unicodedata.normalize("NFKC", label[1]).upper() if label else fold(answer["answer"])
        )
        right = Label("answer", chosen)
        if not self.explained:
            return (right,)
        return right, Prose("explanation", answer["explanation"], "long answer")

    def _check_explanation(self, explanation: str, question: Question) -> list[Finding]:
        findings = check_wording("Explanation", explanation, language=self.language, formulas=True)
        return findings + check_explanation(
            explanation, question.labels, question.answer, question.options
        )


def chosen_option(answer: str, question: Question) -> int | None:
    """Return the index of the option that an answer such as "② 0.01" names, or None.

    A circled digit decides; else the option whose text the answer repeats, for that can begin with
    a letter or digit; else the letter or digit that the answer begins with.
    """
    label = LABEL.match(answer)
    texts = [_words(option) for option in question.options]
    if _words(answer) in texts and not (label and label[1] in CIRCLED):
        return texts.index(_words(answer))
    if label is None:
        return None
    said = unicodedata.normalize("NFKC", label[1]).upper()
    if said in question.labels:
        return question.labels.index(said)
    index = int(said) - 1 if said.isdigit() else -1
    return index if 0 <= index < len(question.options) else None


def _question(document: Document) -> Question:
    fields = {**document.fields, "question": document.text}
    place = f"{document.source}: {document.name}" if document.source else document.name
    return question_of(fields, name=document.name, file=place, line=None)


def _laid_out(question: Question) -> str:
    lines = [f"{lb} {o}" for lb, o in zip(question.labels, question.options, strict=True)]
    return "\n".join([question.text, *lines])


def _words(text: str) -> list[str]:
    """A text as it is compared, by words: without its spaces "② 5" would be "25"."""
    return [fold(word) for word in text.split()]


def _written(question: Question, index: int) -> str:
    return f"{question.labels[index]} {question.options[index]}"
