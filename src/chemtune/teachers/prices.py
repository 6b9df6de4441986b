"""What models cost, by a table that is data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from chemtune.recipe.located import LocatedYaml
from chemtune.teachers.teacher import Reply

TABLE = Path(__file__).parent / "prices.yaml"
PROVIDERS = (".openai.com", ".openai.azure.com", ".cognitiveservices.azure.com")
DATED = re.compile(r"-\d{4}-?\d{2}-?\d{2}$|-\d{4}$")


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens of prompts (`input`) and of replies (`output`)."""

    input: float
    output: float

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Return the US dollars for so many tokens."""
        return (self.input * prompt_tokens + self.output * completion_tokens) / 1e6

    def of_reply(self, reply: Reply) -> float | None:
        """Return the US dollars of a reply, or None where the server told no tokens."""
        if reply.prompt_tokens is None or reply.completion_tokens is None:
            return None
        return self.of(reply.prompt_tokens, reply.completion_tokens)


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    input: float = Field(ge=0)
    output: float = Field(ge=0)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")
    noted: str
    source: str
    batch: float = Field(gt=0, le=1)
    models: dict[str, _Listed]


def listed_price(model: str, base_url: str, *, batch: bool = False) -> Price | None:
    """Return the table's price of a model at its provider's address; None where it has none.

    With `batch`, what it costs through the provider's Batch API.

    A model of the same name behind another address may cost anything.
    """
    host = "." + (urlsplit(base_url).hostname or "")
    if not host.endswith(PROVIDERS):
        return None
    table: _Table = LocatedYaml(TABLE).read_as(_Table)
    found = table.models.get(model) or table.models.get(DATED.sub("", model))
    share = table.batch if batch else 1.0
    return Price(share * found.input, share * found.output) if found else None
