"""One template: how messages become token ids, the same in tuning and in evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chemtune.messages import Message

# For base models, which have no chat template of their own.
PLAIN = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '### ' + message['role'].capitalize() + '\n' + message['content'].strip() }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\n\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '### Assistant\n' }}{% endif %}"
)


@dataclass(frozen=True)
class Template:
    """A tokenizer with its chat template.

    Attributes:
        tokenizer: A tokenizer of transformers.
        text: The Jinja template: the tokenizer's own, else `PLAIN`.
        end_id: The token that ends an answer: what the template puts behind one. It is trained, and
            generation stops at it.
        own: Whether the tokenizer brought the template.
    """

    tokenizer: Any
    text: str
    end_id: int
    own: bool

    @classmethod
    def of(cls, tokenizer: Any) -> Template:
        """Return the template of `tokenizer`."""
        own = bool(tokenizer.chat_template)
        text = tokenizer.chat_template if own else PLAIN
        return cls(tokenizer, text, _end_of_answer(tokenizer, text), own)

    def prompt_text(self, messages: list[Message]) -> str:
        """Return the text of a prompt, up to where the answer begins."""
        rendered: str = self.tokenizer.apply_chat_template(
            messages, chat_template=self.text, tokenize=False, add_generation_prompt=True
        )
        return rendered

    def prompt_ids(self, messages: list[Message]) -> list[int]:
        """Return the token ids of a prompt, up to where the answer begins."""
        # The template writes the special tokens itself; adding them again would double the BOS.
        return self._encode(self.prompt_text(messages))

    def answer_ids(self, answer: str) -> list[int]:
        """Return the token ids of an answer with the token that ends it.

        The answer is encoded apart from the prompt, as a model generates it, so that no token
        crosses the boundary.
        """
        return [*self._encode(answer), self.end_id]

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids


def _end_of_answer(tokenizer: Any, text: str) -> int:
    marker = "chemtune"
    messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": marker}]
    whole = tokenizer.apply_chat_template(messages, chat_template=text, tokenize=False)
    behind = whole[whole.rindex(marker) + len(marker) :]
    ids = tokenizer(behind, add_special_tokens=False)["input_ids"]
    special = set(tokenizer.all_special_ids) | set(tokenizer.get_added_vocab().values())
    for token in ids:
        if token in special:
            return int(token)
    return int(tokenizer.eos_token_id)
