"""How long a model takes to answer: measured on a few prompts, told for all of them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from chemtune.evaluation.generation import TOKENS_PER_BATCH, decoding_batches, generate
from chemtune.evaluation.losses import Foreseen, text_losses
from chemtune.evaluation.predictions import PredictionFile
from chemtune.evaluation.question_sets import QuestionSet, evaluate_set
from chemtune.models.forest import shared_prefix
from chemtune.models.load import Student

FEW, MANY = 3, 16
# Steps of a measured answer at most, and of one that only its speed is measured by.
LONG, SHORT = 48, 7
WARM, LITTLE, MORE = 1, 2, 6


@dataclass(frozen=True)
class Decoding:
    """The speed of greedy answers.

    Attributes:
        token_s: Seconds to run one token of a prompt.
        step_s: Seconds of a decoding step, whatever its rows.
        row_s: Seconds that each row adds to it.
        said: What an answer has of its limit, on average; 1 is all.
    """

    token_s: float
    step_s: float
    row_s: float
    said: float

    def seconds(
        self, prompts: Sequence[list[int]], limits: Sequence[int], lengths: Sequence[float]
    ) -> float:
        """Return the seconds for all prompts, if their answers have these lengths in tokens.

        In each batch one row runs to its limit: of many answers one repeats itself.
        """
        order = sorted(range(len(prompts)), key=lambda i: prompts[i])
        total = 0.0
        for batch in decoding_batches(order, prompts, limits, TOKENS_PER_BATCH):
            total += self.token_s * _run_tokens([prompts[i] for i in batch])
            total += self.step_s * max(limits[i] for i in batch)
            total += self.row_s * sum(lengths[i] for i in batch)
        return total


def measure_decoding(
    student: Student, prompts: Sequence[list[int]], limits: Sequence[int], *, whole: bool
) -> Decoding:
    """Measure how fast `student` answers `prompts`.

    Args:
        student: The model.
        prompts: Token ids.
        limits: Of each answer.
        whole: Let a few answers run to their end, to see how long they are.
    """
    few = [prompts[i] for i in _spread(len(prompts), FEW)]
    most = [min(limits[i], LONG) for i in _spread(len(prompts), FEW)]
    _generated(student, few[:1], [WARM])
    first_s, _ = _generated(student, few, [1] * len(few))
    # Of one prompt many times all but the last token is run once, so the steps are what it takes.
    one_s, many_s = (_step_s(student, few[0], rows) for rows in (1, MANY))
    row_s = max(many_s - one_s, 0.0) / (MANY - 1)
    said = 1.0
    if whole:
        _, answers = _generated(student, few, most)
        of_limit = [limits[i] for i in _spread(len(prompts), FEW)]
        shares = [a / limit if a else 1.0 for a, limit in zip(answers, of_limit, strict=True)]
        said = sum(shares) / len(shares)
    return Decoding(first_s / _run_tokens(sorted(few)), max(one_s - row_s, 0.0), row_s, said)


def _step_s(student: Student, prompt: list[int], rows: int) -> float:
    """Seconds of a decoding step with so many rows."""
    first_s, _ = _generated(student, [prompt] * rows, [1] * rows)
    all_s, _ = _generated(student, [prompt] * rows, [SHORT] * rows)
    return max(all_s - first_s, 0.0) / (SHORT - 1)


def unmeasured_bytes(student: Student, prompts: Sequence[list[int]], limits: Sequence[int]) -> int:
    """Return what the keys and values of the largest batch take more than those measured."""
    config = student.model.config.get_text_config()
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    of_token = 2 * config.num_hidden_layers * config.num_key_value_heads * width
    of_token *= next(student.model.parameters()).element_size()
    order = sorted(range(len(prompts)), key=lambda i: prompts[i])
    batches = decoding_batches(order, prompts, limits, TOKENS_PER_BATCH)
    most = max(_held([len(prompts[i]) for i in b], max(limits[i] for i in b)) for b in batches)
    many = _held([len(prompts[0])] * MANY, SHORT)
    return int(of_token) * max(most - many, 0)


@dataclass(frozen=True)
class ExamSpeed:
    """Seconds of a few questions, and of the whole set."""

    little_s: float
    whole_s: float


def measure_exam(student: Student, asked: QuestionSet, like: ExamSpeed | None = None) -> ExamSpeed:
    """Measure how long a question set takes, by two samples of it.

    Args:
        student: The model.
        asked: The set.
        like: Of the same model without its adapter; then a few questions are enough.
    """
    count = len(asked.questions)
    _asked(student, asked, min(WARM, count))
    little = _asked(student, asked, min(LITTLE, count))
    if like is not None:
        return ExamSpeed(little, like.whole_s * little / max(like.little_s, 1e-9))
    if count <= LITTLE:
        return ExamSpeed(little, little)
    more = _asked(student, asked, min(MORE, count))
    of_each = max(more - little, 0) / (min(MORE, count) - LITTLE)
    return ExamSpeed(little, more + of_each * max(count - MORE, 0))


def _asked(student: Student, asked: QuestionSet, count: int) -> float:
    some = [asked.questions[i] for i in _spread(len(asked.questions), count)]
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        evaluate_set(student, replace(asked, questions=some), Path(folder), "measured")
        return time.monotonic() - started


def measure_losses(student: Student, texts: Sequence[Foreseen]) -> float:
    """Return how long the losses of texts take, in seconds, by a few of all lengths."""
    if not texts:
        return 0.0
    ordered = sorted(texts, key=lambda text: -len(text.ids))
    some = [ordered[i] for i in _spread(len(ordered), MORE)]
    _lost(student, some[-1:])
    return _lost(student, some) * _work(texts) / _work(some)


def _work(texts: Sequence[Foreseen]) -> int:
    return sum(len(text.before) + len(text.ids) for text in texts)


def _lost(student: Student, texts: Sequence[Foreseen]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        text_losses(student, texts, PredictionFile(Path(folder) / "measured.jsonl"))
        return time.monotonic() - started


def _generated(
    student: Student, prompts: Sequence[list[int]], limits: Sequence[int]
) -> tuple[float, list[int]]:
    """The seconds of answering, and each answer's tokens; 0 where it did not come to its end."""
    started = time.monotonic()
    answers = sorted(generate(student, prompts, limits=limits))
    seconds = time.monotonic() - started
    lengths = [
        len(student.tokenizer(text, add_special_tokens=False)["input_ids"]) + 1 if ended else 0
        for _, text, ended in answers
    ]
    return seconds, lengths


def _held(lengths: Sequence[int], limit: int) -> int:
    """Tokens whose keys and values a batch holds: each prompt's, and all rows' side by side."""
    return sum(lengths) + len(lengths) * (max(lengths) + limit)


def _run_tokens(ordered: Sequence[list[int]]) -> int:
    """The tokens of sorted prompts that are run: those not shared with the prompt before."""
    return sum(
        max(len(prompt) - shared_prefix(before, prompt), 1)
        for before, prompt in pairwise([[], *ordered])
    )


def _spread(total: int, count: int) -> list[int]:
    """So many indices, evenly spread."""
    count = min(total, count)
    return [at * total // count for at in range(count)]
