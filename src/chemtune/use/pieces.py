"""Text out of tokens as they come: whole characters alone, and nothing of a stop string."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# What a decoder writes for bytes that are no whole character yet.
HALF = "\ufffd"


class Pieces:
    """Turns tokens into pieces of text; the pieces together are the decoded text.

    Args:
        tokenizer: A tokenizer of transformers.
        stops: Strings at which the text ends; they do not come out.
    """

    def __init__(self, tokenizer: Any, stops: Sequence[str] = ()) -> None:
        self.stopped = False
        self._tokenizer = tokenizer
        self._stops = [stop for stop in stops if stop]
        self._tokens: list[int] = []
        # Tokens before `_shown` are out; those from `_context` on are decoded again with what
        # follows, for some tokenizers write a token by what stands before it.
        self._context = self._shown = 0
        self._held = ""

    def add(self, token: int) -> str:
        """Take the next token; return the text that is complete by it, which may be ""."""
        if self.stopped:
            return ""
        self._tokens.append(token)
        whole, before = self._decoded(len(self._tokens)), self._decoded(self._shown)
        if whole.endswith(HALF):
            return ""
        self._context, self._shown = self._shown, len(self._tokens)
        return self._released(whole[len(before) :])

    def end(self) -> str:
        """Return what is still held back; no token follows."""
        if self.stopped:
            return ""
        whole, before = self._decoded(len(self._tokens)), self._decoded(self._shown)
        self._shown = len(self._tokens)
        text = self._released(whole[len(before) :])
        return text if self.stopped else text + self._held

    def _decoded(self, end: int) -> str:
        text: str = self._tokenizer.decode(
            self._tokens[self._context : end], skip_special_tokens=True
        )
        return text

    def _released(self, text: str) -> str:
        """Return the text up to a stop string, or to where one may begin."""
        text = self._held + text
        ends = [at for stop in self._stops if (at := text.find(stop)) >= 0]
        if ends:
            self.stopped, self._held = True, ""
            return text[: min(ends)]
        keep = max((_beginning(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _beginning(text: str, stop: str) -> int:
    """How many characters at the end of a text are the beginning of a stop string."""
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)
