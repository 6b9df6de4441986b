"""The loss of texts: how well a model foresees them, whatever it would write itself.

It says more than a count of right answers where those are few: every token of every text counts, so
a few dozen texts show a difference that hundreds of exam questions do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from chemtune.dataset.example import Example
from chemtune.evaluation.likelihood import Scoring, option_log_likelihoods
from chemtune.evaluation.metrics.part import NOTHING, Part
from chemtune.evaluation.predictions import PredictionFile
from chemtune.models.load import Student
from chemtune.progress import progress

# Per byte of UTF-8 and not per token, so that models with other tokenizers can be compared.
BITS_PER_BYTE = "bits per byte"


@dataclass(frozen=True)
class Foreseen:
    """A text whose likelihood is asked for.

    Attributes:
        id: Unique in its set.
        before: The tokens that it follows, one at least.
        ids: Its tokens, one at least.
        size: Its length in bytes of UTF-8.
    """

    id: str
    before: list[int]
    ids: list[int]
    size: int


def answers_foreseen(student: Student, examples: Iterable[Example]) -> list[Foreseen]:
    """Return the reference answers of examples, each behind its prompt, with the end of an answer.

    Those that do not fit into the model's context are left out.
    """
    found = []
    for example in examples:
        before = student.template.prompt_ids(example.messages)
        ids = student.template.answer_ids(example.answer)
        if len(before) + len(ids) <= student.context:
            found.append(Foreseen(example.id, before, ids, len(example.answer.encode())))
    return found


def texts_foreseen(student: Student, texts: Iterable[tuple[str, str]]) -> list[Foreseen]:
    """Return texts, (id, text), each behind the token that begins one; else the one that ends one.

    Of a text that is longer than the model's context, as much as fits.
    """
    tokenizer: Any = student.tokenizer
    first = tokenizer.bos_token_id
    first = tokenizer.eos_token_id if first is None else first
    found = []
    for name, text in texts:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        room = student.context - 1
        if len(ids) > room:
            ids = ids[:room]
            text = tokenizer.decode(ids)
        if ids:
            found.append(Foreseen(name, [first], ids, len(text.encode())))
    return found


def text_losses(
    student: Student, texts: Sequence[Foreseen], file: PredictionFile
) -> list[dict[str, Any]]:
    """Return a row for each text, in order; those that `file` holds are not computed again.

    A row holds `id`, `nats` (minus the log-likelihood), `tokens` and `bytes`.
    """
    wanted = [text for text in texts if text.id not in file.rows]
    scorings = [Scoring(text.before, [text.ids]) for text in wanted]
    with progress("Losses of texts", len(wanted), "texts") as advance:
        for at, (log_likelihood,) in option_log_likelihoods(student.model, scorings):
            text = wanted[at]
            own = {"tokens": len(text.ids), "bytes": text.size}
            file.append([{"id": text.id, "nats": round(-log_likelihood, 5), **own}])
            advance()
    return [file.rows[text.id] for text in texts]


def loss_part(row: dict[str, Any] | None) -> Part:
    """Return a text's part of the bits per byte, of its row in `text_losses`."""
    return NOTHING if row is None else Part(row["nats"] / log(2), row["bytes"])
