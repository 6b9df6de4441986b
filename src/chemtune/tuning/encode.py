"""From examples to tokens: the prompt, and the answer that is learned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from chemtune.dataset.example import Example
from chemtune.dataset.ledger import Entry, Ledger
from chemtune.models.load import load_tokenizer
from chemtune.models.resolve import ModelFiles
from chemtune.models.template import Template


@dataclass(frozen=True)
class Encoded:
    """An example as tokens.

    Attributes:
        example: Its id.
        ids: The tokens of prompt and answer, with the token that ends the answer.
        answer_start: The position of the answer's first token; what is before it is not learned.
    """

    example: str
    ids: list[int]
    answer_start: int

    @property
    def label_count(self) -> int:
        """The number of tokens that are learned, the end of the answer among them."""
        return len(self.ids) - self.answer_start


def token_counter(files: ModelFiles) -> Callable[[Example], int]:
    """Return what counts the tokens of an example, prompt and answer, for a model.

    The tokenizer is loaded when it is first asked.
    """
    template = cache(lambda: Template.of(load_tokenizer(files)))
    return lambda example: token_count(example, template())


def token_count(example: Example, template: Template) -> int:
    """Return the tokens of an example, prompt and answer."""
    return len(template.prompt_ids(example.messages)) + len(template.answer_ids(example.answer))


def encode(examples: Iterable[Example], template: Template) -> list[Encoded]:
    """Return the examples as tokens, however long they are."""
    encoded = []
    for example in examples:
        prompt = template.prompt_ids(example.messages)
        encoded.append(
            Encoded(example.id, prompt + template.answer_ids(example.answer), len(prompt))
        )
    return encoded


def fitting(
    encoded: Sequence[Encoded], examples: Sequence[Example], *, max_tokens: int, ledger: Ledger
) -> list[Encoded]:
    """Return those of `encoded`, the tokens of `examples`, that have at most `max_tokens`.

    An example that is longer is left out whole, into the ledger: a cut prompt would teach answers
    without their ground, a cut answer would teach not to end.
    """
    kept = []
    for example, tokens in zip(examples, encoded, strict=True):
        if len(tokens.ids) > max_tokens:
            detail = (
                f"{tokens.answer_start} tokens of prompt and {tokens.label_count} of answer; the "
                f"limit is {max_tokens}: raise tuning.max_tokens where the model's context allows "
                "it, or lower max_characters of the documents"
            )
            entry = Entry("tokens", "rejected", example.document, example.task, "too long", detail)
            ledger.add(entry)
        else:
            kept.append(tokens)
    return kept
