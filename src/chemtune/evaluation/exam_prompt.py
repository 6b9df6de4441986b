"""How a multiple-choice question is put: to be continued, or to be answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from chemtune.documents.question import Question
from chemtune.domains import ExamWording
from chemtune.evaluation.likelihood import Scoring, encode_options
from chemtune.messages import Message
from chemtune.models.load import Student
from chemtune.tasks.choice import Choice

# Stands where a question and its options would, so that a prompt says nothing (Zhao et al., 2021).
CONTENT_FREE = "N/A"

Options = Literal["labels", "texts"]


@dataclass(frozen=True)
class Asking:
    """How the questions of a set are put.

    Attributes:
        wording: By language.
        subject: What the questions are about, for the header.
        shots: Solved questions that stand before each one; fewer where the context is too short.
        permute: Whether each question is asked once for each cyclic order of its options.
        options: What is scored by likelihood: the options' labels, behind all options; or their
            texts, behind the question alone.
        chat: Whether a prompt that is scored by likelihood is put as a conversation's question, by
            the model's template.
        tuned: By language, the task with multiple-choice questions of the run's data set. Its
            prompt, without shots, is used where answers are generated, before and after tuning, so
            that a model that learned it is asked as it was taught to answer.
    """

    wording: Mapping[str, ExamWording]
    subject: str
    shots: tuple[Question, ...] = ()
    permute: bool = False
    options: Options = "labels"
    chat: bool = False
    tuned: Mapping[str, Choice] = field(default_factory=dict)

    def with_shots(self, count: int) -> Asking:
        """The same with the first `count` shots."""
        return replace(self, shots=self.shots[:count])

    @property
    def key(self) -> list[object]:
        """Everything that decides a prompt, as JSON data."""
        wording = {language: one.model_dump() for language, one in self.wording.items()}
        shots = [question_key(shot) for shot in self.shots]
        tuned = {language: task.model_dump() for language, task in self.tuned.items()}
        return [wording, self.subject, shots, self.permute, self.options, self.chat, tuned]


def question_key(question: Question) -> list[object]:
    """Return what of a question decides its prompt and its score, as JSON data."""
    q = question
    return [q.id, q.text, list(q.options), q.answer, list(q.labels), q.language]


def prompt_of(question: Question, asking: Asking) -> str:
    """Return a question as it is put: header, shots, question, options, answer left open."""
    return "\n\n".join([*_before(question, asking), _block(question, asking)])


def messages_of(question: Question, asking: Asking) -> list[Message]:
    """Return a question as it is put to be answered in words: with what is asked for at its end."""
    tuned = asking.tuned.get(question.language)
    if tuned is not None:
        return tuned.put(question)
    wording = asking.wording[question.language]
    parts = [*_before(question, asking), _laid_out(question, asking), wording.ask]
    return [{"role": "user", "content": "\n\n".join(parts)}]


def rotated(question: Question, turn: int) -> Question:
    """Return the question with its options turned by `turn` places; the labels stay in place."""
    options = question.options[turn:] + question.options[:turn]
    answer = (question.answer - turn) % len(options)
    return replace(question, options=options, answer=answer)


def content_free(question: Question, asking: Asking) -> Question:
    """Return a question that says nothing, with the options that are scored for `question`.

    Nothing else of `question` stays in it, so that those of a whole set are mostly one.
    """
    options = question.options
    if asking.options == "labels":
        options = (CONTENT_FREE,) * len(options)
    return Question(
        id=CONTENT_FREE,
        text=CONTENT_FREE,
        options=options,
        answer=0,
        labels=question.labels,
        language=question.language,
    )


def scoring_of(student: Student, question: Question, asking: Asking) -> Scoring:
    """Return a question's prompt and what of each option is scored behind it, as tokens."""
    prompt = prompt_of(question, asking)
    scored = question.labels if asking.options == "labels" else question.options
    if not asking.chat:
        return encode_options(student.tokenizer, prompt, [f" {option}" for option in scored])
    ids = student.template.prompt_ids([{"role": "user", "content": prompt}])
    encoded = [student.tokenizer(text, add_special_tokens=False)["input_ids"] for text in scored]
    return Scoring(ids, encoded)


def fitting(
    question: Question, asking: Asking, fits: Callable[[Question, Asking], bool]
) -> Asking | None:
    """Return `asking` with as many of its shots as fit; None where not even the question fits."""
    for count in range(len(asking.shots), -1, -1):
        fewer = asking.with_shots(count)
        if fits(question, fewer):
            return fewer
    return None


def _before(question: Question, asking: Asking) -> list[str]:
    blocks = [asking.wording[question.language].header.replace("{subject}", asking.subject)]
    for shot in asking.shots:
        solved = shot.labels if asking.options == "labels" else shot.options
        blocks.append(f"{_block(shot, asking)} {solved[shot.answer]}")
    return blocks


def _block(question: Question, asking: Asking) -> str:
    return f"{_laid_out(question, asking)}\n{asking.wording[question.language].answer}"


def _laid_out(question: Question, asking: Asking) -> str:
    if asking.options == "texts":
        return question.text.strip()
    pairs = zip(question.labels, question.options, strict=True)
    # "A. water" as MMLU writes it; a circled digit needs no dot.
    lines = [f"{lb}. {o}" if lb.isascii() else f"{lb} {o}" for lb, o in pairs]
    return "\n".join([question.text.strip(), *lines])
