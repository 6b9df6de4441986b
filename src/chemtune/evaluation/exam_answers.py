"""Multiple-choice questions answered in words: a reply is generated, and an answer read out of it.

A student answers greedily; a model behind an address, through the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chemtune.dataset.gather import Bought, gather
from chemtune.documents.question import Question
from chemtune.evaluation.answers import read_answer
from chemtune.evaluation.exam import described, unanswered
from chemtune.evaluation.exam_prompt import Asking, fitting, messages_of
from chemtune.evaluation.generation import generate
from chemtune.evaluation.predictions import PredictionFile
from chemtune.messages import Message
from chemtune.models.load import Student
from chemtune.progress import progress
from chemtune.teachers.teacher import Request, RequestRefused

TASK = "exam"


@dataclass(frozen=True)
class Said:
    """What came of one conversation.

    Attributes:
        at: Its index.
        text: The reply, or "" where there is none.
        ended: Whether the reply came to its end; None where that is not known.
        refused: Why there is no reply, or "".
    """

    at: int
    text: str
    ended: bool | None = None
    refused: str = ""


class Respondent(Protocol):
    """Who answers conversations."""

    def fits(self, messages: list[Message]) -> bool:
        """Whether a conversation with its answer fits the context, as far as that is known."""
        ...

    def replies(self, conversations: Sequence[list[Message]]) -> Iterator[Said]:
        """Yield what came of each conversation, in any order."""
        ...


class GreedyStudent:
    """A student that answers with its likeliest tokens."""

    def __init__(self, student: Student, max_new_tokens: int) -> None:
        """Let `student` answer with at most `max_new_tokens` tokens."""
        self.student, self.max_new_tokens = student, max_new_tokens

    def fits(self, messages: list[Message]) -> bool:
        """See `Respondent.fits`."""
        length = len(self.student.template.prompt_ids(messages))
        return length + self.max_new_tokens <= self.student.context

    def replies(self, conversations: Sequence[list[Message]]) -> Iterator[Said]:
        """See `Respondent.replies`."""
        prompts = [self.student.template.prompt_ids(messages) for messages in conversations]
        limits = [self.max_new_tokens] * len(prompts)
        for at, text, ended in generate(self.student, prompts, limits=limits):
            yield Said(at, text, ended)


class Served:
    """A model behind an address; what it was asked before comes from the journal."""

    def __init__(self, bought: Bought, budget_usd: float | None = None) -> None:
        """Ask the teacher of `bought`, for at most `budget_usd` US dollars in all."""
        self.bought, self.budget_usd = bought, budget_usd

    def fits(self, messages: list[Message]) -> bool:
        """Its context is not known here; it says itself what is too long."""
        del messages
        return True

    def replies(self, conversations: Sequence[list[Message]]) -> Iterator[Said]:
        """See `Respondent.replies`."""
        requests = [
            Request(TASK, str(at), tuple(messages)) for at, messages in enumerate(conversations)
        ]
        gather(self.bought, iter(requests), len(requests), self.budget_usd)
        for at, request in enumerate(requests):
            try:
                _, reply = self.bought.reply(request)
            except RequestRefused as error:
                yield Said(at, "", refused=error.reason)
            else:
                yield Said(at, reply.text, ended=reply.finish_reason != "length")


def answer_questions(
    respondent: Respondent, questions: Sequence[Question], asking: Asking, file: PredictionFile
) -> list[dict[str, Any]]:
    """Answer every question that `file` does not hold yet; return all rows in the questions' order.

    A row holds `id`, `key` and `chosen` (labels), `status` (that of `AnswerRead`, or "too long", or
    "no reply"), `correct`, `rule` and `strict` (see `AnswerRead`), `reply`, `ended` and `shots`. A
    question without a reply is not kept in the file: it is asked again the next time.
    """
    wanted = [question for question in questions if question.id not in file.rows]
    fitted = [fitting(q, asking, lambda q, a: respondent.fits(messages_of(q, a))) for q in wanted]
    file.append(
        unanswered(question, "too long")
        for question, found in zip(wanted, fitted, strict=True)
        if found is None
    )
    asked = [(q, found) for q, found in zip(wanted, fitted, strict=True) if found is not None]
    missing = {}
    conversations = [messages_of(*one) for one in asked]
    with progress(f"Answers ({asking.subject})", len(asked), "answers") as advance:
        for said in respondent.replies(conversations) if asked else ():
            question, found = asked[said.at]
            if said.refused:
                missing[question.id] = {
                    **unanswered(question, "no reply"),
                    "why": said.refused,
                }
            else:
                file.append([_row(question, said, len(found.shots))])
            advance()
    return [file.rows.get(q.id) or missing[q.id] for q in questions]


def _row(question: Question, said: Said, shots: int) -> dict[str, Any]:
    read = read_answer(said.text, question)
    return {
        **described(question),
        "chosen": read.label,
        "status": read.status,
        "correct": read.index == question.answer,
        "rule": read.rule,
        "strict": read.strict,
        "reply": said.text,
        "ended": said.ended,
        "shots": shots,
    }
