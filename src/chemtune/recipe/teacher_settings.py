"""The recipe's teachers: who answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from chemtune.recipe.part import Part


class RecordedTeacher(Part):
    """Replies that were written down before, as JSON Lines of document, task and reply."""

    kind: Literal["recorded"]
    replies: str = Field(description="a file, a folder or a glob, relative to the recipe")
    terms: str | None = Field(
        default=None, description="what its terms say of training on its replies; for the card"
    )


class NoTeacher(Part):
    """Nobody is asked: every document brings its answers in a column."""

    kind: Literal["none"]
    terms: str | None = Field(
        default=None, description="what those who wrote the answers say of training on them"
    )


class Price(Part):
    """What a model costs, in US dollars for a million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)


class ServedTeacher(Part):
    """What all models behind an OpenAI-compatible address have in common."""

    base_url: str = Field(pattern=r"^https?://", description="for example http://127.0.0.1:8000/v1")
    model: str
    api_key_env: str | None = Field(
        default=None, description="the environment variable that holds the key"
    )
    flavour: Literal["auto", "openai", "azure"] = Field(
        default="auto", description="how the server wants to be spoken to; by its address"
    )
    api_version: str | None = Field(default=None, description="of Azure OpenAI")
    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=1024, ge=1, description="of one reply")
    seed: int | None = None
    json_schema: Literal["auto", "on", "off"] = Field(
        default="auto", description="whether replies in JSON are held to a schema by the server"
    )
    price: Price | None = Field(
        default=None, description="known for some models; needed elsewhere for a budget"
    )
    extra: dict[str, Any] = Field(
        default_factory=dict, description="further fields of the request's body"
    )
    timeout_s: float = Field(default=120.0, gt=0)
    retries: int = Field(default=5, ge=0)
    terms: str | None = Field(
        default=None, description="what its terms say of training on its replies; for the card"
    )


class EndpointTeacher(ServedTeacher):
    """Any server that speaks the OpenAI chat protocol."""

    kind: Literal["endpoint"]
    concurrency: int = Field(default=8, ge=1, le=4096, description="most requests in flight")
    rpm: int | None = Field(default=None, ge=1, description="requests a minute that are allowed")
    tpm: int | None = Field(default=None, ge=1, description="tokens a minute that are allowed")


class BatchTeacher(ServedTeacher):
    """OpenAI's Batch API: answers within a day, at half the price."""

    kind: Literal["batch"]
    poll_s: float = Field(default=30.0, gt=0, description="seconds between two looks at a batch")
    wait_hours: float | None = Field(
        default=None,
        ge=0,
        description="stop waiting after; running again fetches. By default until all have ended",
    )
    batch_requests: int = Field(default=50_000, ge=1, le=50_000, description="of one batch")
    at_once: int = Field(default=4, ge=1, description="batches with the endpoint at a time")


class LocalTeacher(Part):
    """A GGUF file in this process, through llama.cpp."""

    kind: Literal["local"]
    path: str = Field(description="the GGUF file, relative to the recipe")
    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=1024, ge=1, description="of one reply")
    seed: int | None = None
    context: int = Field(default=8192, ge=256, description="tokens of prompt and reply together")
    parallel: int = Field(default=4, ge=1, le=64, description="requests answered together")
    threads: int | None = Field(default=None, ge=1, description="all processor cores by default")
    terms: str | None = Field(
        default=None, description="what its terms say of training on its replies; for the card"
    )


AnyTeacher = NoTeacher | RecordedTeacher | EndpointTeacher | BatchTeacher | LocalTeacher
Teacher = Annotated[AnyTeacher, Field(discriminator="kind")]
