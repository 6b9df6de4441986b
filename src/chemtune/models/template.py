"""One template: how messages become token ids, the same in tuning and in evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chemtune.errors import InputError, Problem
from chemtune.messages import Message

# For base models, which have no chat template of their own.
PLAIN = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '### ' + message['role'].capitalize() + '\n' + message['content'].strip() }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\n\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '### Assistant\n' }}{% endif %}"
)
# Switches that templates know, set so that an answer is all that a model writes, and that a prompt
# is the same tomorrow (Llama 3.2 writes the day's date; this one is its fallback).
SETTINGS = {"enable_thinking": "false", "date_string": "'26 Jul 2024'"}
MARK = "chemtune"


@dataclass(frozen=True)
class Template:
    """A tokenizer with its chat template.

    Attributes:
        tokenizer: A tokenizer of transformers.
        text: The Jinja template: the tokenizer's own, its switches set (`SETTINGS`), else `PLAIN`.
        end_id: The token that ends an answer: what the template puts behind one. It is trained, and
            generation stops at it.
        own: Whether the tokenizer brought the template. Where it did not, as with base models, the
            user should be told that `PLAIN` is used.
        lead: What belongs before an answer, after the prompt; mostly nothing.
        gap: What the template writes between an answer and its end: a space for Llama 2.
        exact: Whether prompt and answer, encoded one by one, have the token ids of the template's
            whole conversation, up to the end of the answer.
    """

    tokenizer: Any
    text: str
    end_id: int
    own: bool
    lead: str = ""
    gap: str = ""
    exact: bool = True

    @classmethod
    def of(cls, tokenizer: Any) -> Template:
        """Return the template of `tokenizer`.

        Raises:
            InputError: The tokenizer's template does not render a question and its answer.
        """
        own = bool(tokenizer.chat_template)
        text = _settled(tokenizer.get_chat_template()) if own else PLAIN
        question: list[Message] = [{"role": "user", "content": "a"}]
        prompt = _rendered(tokenizer, text, question, open_answer=True)
        answered: list[Message] = [*question, {"role": "assistant", "content": MARK}]
        whole = _rendered(tokenizer, text, answered)
        start = whole.rfind(MARK)
        if start < 0:
            raise InputError(Problem("the model's chat template leaves out answers", field="model"))
        end_id, gap, end = _end_of_answer(tokenizer, whole[start + len(MARK) :])
        written = whole[len(prompt) : start] if whole.startswith(prompt) else ""
        wanted = _encoded(tokenizer, whole[: start + len(MARK)] + gap + end)
        wanted += [] if end else [end_id]
        # A tokenizer may put the space before an answer by itself, as Llama 2's does.
        for lead in dict.fromkeys((written, "")):
            parts = _encoded(tokenizer, prompt), _encoded(tokenizer, lead + MARK + gap)
            if [*parts[0], *parts[1], end_id] == wanted:
                return cls(tokenizer, text, end_id, own, lead, gap)
        return cls(tokenizer, text, end_id, own, written, gap, exact=False)

    def prompt_text(self, messages: list[Message]) -> str:
        """Return the text of a prompt, up to where the answer begins.

        Raises:
            InputError: The template refuses the messages, for example their roles.
        """
        return _rendered(self.tokenizer, self.text, messages, open_answer=True)

    def prompt_ids(self, messages: list[Message]) -> list[int]:
        """Return the token ids of a prompt, up to where the answer begins."""
        return _encoded(self.tokenizer, self.prompt_text(messages))

    def answer_ids(self, answer: str) -> list[int]:
        """Return the token ids of an answer with the token that ends it.

        The answer is encoded apart from the prompt, as a model generates it, so that no token
        crosses the boundary.
        """
        return [*_encoded(self.tokenizer, self.lead + answer + self.gap), self.end_id]


def _settled(text: str) -> str:
    """The template with the switches that it knows set; the switches become part of its text."""
    known = [name for name in SETTINGS if name in text]
    # "+%}" keeps a line break that follows, which transformers would take away; llama.cpp does not
    # read it, so it stands only where it is needed.
    close = "+%}" if text.startswith("\n") else "%}"
    return "".join(f"{{% set {name} = {SETTINGS[name]} {close}" for name in known) + text


def _rendered(
    tokenizer: Any, text: str, messages: list[Message], *, open_answer: bool = False
) -> str:
    from jinja2 import TemplateError

    try:
        rendered: str = tokenizer.apply_chat_template(
            messages, chat_template=text, tokenize=False, add_generation_prompt=open_answer
        )
    except TemplateError as error:
        roles = ", ".join(message["role"] for message in messages)
        reason = f"the model's chat template refuses the roles {roles}: {error}"
        raise InputError(Problem(reason, field="model")) from None
    return rendered


def _encoded(tokenizer: Any, text: str) -> list[int]:
    # The template writes the special tokens itself; adding them again would double the BOS.
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def _end_of_answer(tokenizer: Any, behind: str) -> tuple[int, str, str]:
    """The token that ends an answer, what stands before it, and its own text.

    Args:
        tokenizer: The tokenizer.
        behind: What the template writes behind an answer.
    """
    added = tokenizer.get_added_vocab().items()
    # Gemma's vocabulary has line breaks among its added tokens.
    special = set(tokenizer.all_special_ids) | {token for text, token in added if text.strip()}
    for token in _encoded(tokenizer, behind):
        if token in special:
            end = tokenizer.convert_ids_to_tokens(token)
            if end in behind:
                return int(token), behind[: behind.index(end)], end
    if tokenizer.eos_token_id is None:
        reason = "the tokenizer has no end-of-text token, and its template ends answers with none"
        raise InputError(Problem(reason, field="model"))
    return int(tokenizer.eos_token_id), "", ""
