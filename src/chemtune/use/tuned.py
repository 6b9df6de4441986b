"""The run's model as a respondent: what its answers are known by in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from chemtune.teachers.reply import chat_reply
from chemtune.teachers.teacher import Reply, Request


@dataclass(frozen=True)
class TunedModel:
    """Whose greedy answers are looked up in the journal, and read.

    Attributes:
        name: Its name in the journal.
        identity: Of the weights, the adapter and the precision.
        template: The text of the chat template.
        end_id: The token that ends an answer.
        max_tokens: After so many tokens an answer is cut off.
    """

    name: str
    identity: str
    template: str
    end_id: int
    max_tokens: int

    def canonical(self, request: Request) -> dict[str, Any]:
        """Return everything that decides the answer; see `Respondent.canonical`."""
        return {
            "kind": "tuned",
            "identity": self.identity,
            "template": self.template,
            "end_id": self.end_id,
            "decoding": {"greedy": True, "max_tokens": self.max_tokens},
            "messages": list(request.messages),
        }

    def read(self, raw: bytes) -> Reply:
        """Return what a raw answer says.

        Raises:
            RequestRefused: It says nothing.
        """
        return chat_reply(raw, self.name)

    def written(self, text: str, *, ended: bool, prompt_tokens: int) -> bytes:
        """Return an answer as the journal keeps it: as a chat completion, like other teachers'."""
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop" if ended else "length",
        }
        usage = {"prompt_tokens": prompt_tokens}
        return orjson.dumps({"model": self.name, "choices": [choice], "usage": usage})
