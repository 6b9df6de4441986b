"""From examples to tokens: the prompt, and the answer that is learned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chemtune.dataset.example import Example
from chemtune.dataset.ledger import Entry, Ledger
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


def encode_examples(
    examples: Iterable[Example], template: Template, *, max_tokens: int, ledger: Ledger
) -> list[Encoded]:
    """Return the examples as tokens.

    An example that is longer than `max_tokens` is left out whole, into the ledger: a cut prompt
    would teach answers without their ground, a cut answer would teach not to end.
    """
    encoded = []
    for example in examples:
        prompt = template.prompt_ids(example.messages)
        answer = template.answer_ids(example.answer)
        length = len(prompt) + len(answer)
        if length > max_tokens:
            detail = (
                f"{len(prompt)} tokens of prompt and {len(answer)} of answer; tuning.max_tokens is "
                f"{max_tokens}: raise it, or lower max_characters of the documents"
            )
            entry = Entry("tokens", "rejected", example.document, example.task, "too long", detail)
            ledger.add(entry)
        else:
            encoded.append(Encoded(example.id, prompt + answer, len(prompt)))
    return encoded
