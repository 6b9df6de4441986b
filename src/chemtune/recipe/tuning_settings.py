"""The recipe's tuning: what is learned, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from chemtune.recipe.part import Part


class Lora(Part):
    """The adapter: W = W0 + (alpha / rank) B A, with W0 frozen."""

    rank: int = Field(default=16, ge=1)
    alpha: float = Field(default=32, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    targets: Literal["all-linear"] | list[str] = "all-linear"
    last_layers: int | None = Field(
        default=None,
        ge=1,
        description="adapt the last N layers alone; those below then need no gradient",
    )
    rank_stabilized: bool = Field(
        default=False, description="scale by alpha / sqrt(rank), so that high ranks still learn"
    )
    dora: bool = Field(
        default=False, description="learn the magnitude of each weight's columns apart (DoRA)"
    )
    base: Literal["plain", "nf4"] = Field(
        default="plain",
        description="the frozen weights: as they are, or in four bits (QLoRA; needs a GPU)",
    )


class EarlyStopping(Part):
    """Tuning ends where the validation loss no longer falls, and the best adapter is kept."""

    patience: int = Field(default=2, ge=1, description="validations without a lower loss")
    least_gain: float = Field(default=0.0, ge=0, description="a smaller fall does not count")


Positive = Annotated[float, Field(gt=0)]


class Mixture(Part):
    """How many examples of each task an epoch holds; one of the first five fields is given.

    Tasks that are not named are left out. General instructions as one of the tasks are the replay
    that keeps a model from forgetting.
    """

    times: dict[str, Positive] | None = Field(
        default=None, description="how often each example of a task comes: 2 is twice, 0.5 half"
    )
    count: dict[str, Annotated[int, Field(gt=0)]] | None = Field(
        default=None, description="examples of a task, at most all that there are"
    )
    share: dict[str, Positive] | None = Field(
        default=None, description="of the epoch, relative to one another; repeated where needed"
    )
    temperature: float | None = Field(
        default=None,
        ge=1,
        description="shares by n^(1/T) of a task with n examples; the larger T, the more alike",
    )
    preset: str | None = Field(default=None, description="counts that the domain names")
    total: int | None = Field(
        default=None,
        gt=0,
        description="examples (or tokens, by tokens) of an epoch by share or temperature; by "
        "default as there are",
    )
    by: Literal["examples", "tokens"] = Field(
        default="examples",
        description="what a share is of; languages differ in the tokens that they take",
    )

    def tasks(self, presets: Mapping[str, Mapping[str, int]]) -> set[str] | None:
        """Return the tasks that it names, `presets` being the domain's; None where it takes all."""
        named = self.times or self.count or self.share or presets.get(self.preset or "")
        return set(named) if named else None

    @model_validator(mode="after")
    def _one_way(self) -> Mixture:
        ways = ("times", "count", "share", "temperature", "preset")
        given = [way for way in ways if getattr(self, way) is not None]
        if len(given) != 1:
            said = f"not {' and '.join(given)}" if given else "and none is given"
            raise ValueError(f"one of {', '.join(ways)} is needed, {said}")
        if self.by == "tokens" and given[0] != "share":
            raise ValueError(f"by: tokens goes with share, not with {given[0]}")
        if self.total is not None and given[0] not in ("share", "temperature"):
            raise ValueError(f"total goes with share or temperature, not with {given[0]}")
        return self


class Curriculum(Part):
    """The order of an epoch: its examples in stages, an order of its own within each.

    Each epoch begins with the first stage again.
    """

    column: str = Field(
        min_length=1,
        description="what tells an example's stage: a column of the documents' files, as the level "
        "of exam questions; or task or language. Examples without it are spread over the stages",
    )
    order: list[Annotated[str, Field(min_length=1)]] = Field(
        min_length=2, description="its values, of the first stage first"
    )

    @model_validator(mode="after")
    def _each_once(self) -> Curriculum:
        twice = [value for value in self.order if self.order.count(value) > 1]
        if twice:
            raise ValueError(f"order names {twice[0]!r} twice")
        return self


# Fields that came later: at these values they are no part of an identity, so that what was done
# without them still counts as done.
WITHOUT = {"keep": 1.0, "curriculum": None}


class Tuning(Part):
    """How the adapter is trained."""

    method: Literal["lora", "full"] = Field(
        default="lora", description="an adapter, or all weights of a small model, as a comparison"
    )
    seed: int | None = Field(
        default=None,
        ge=0,
        lt=2**32,
        description="of the adapter's start and the order; the recipe's by default, which the data "
        "and the questions depend on too",
    )
    mixture: Mixture | None = Field(default=None, description="every example once by default")
    curriculum: Curriculum | None = Field(
        default=None, description="all examples of an epoch in one order by default"
    )
    lora: Lora = Lora()
    keep: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="how much of what was learned is kept, as a weight between the model before "
        "tuning (0) and the tuned one (1); in between, less is forgotten",
    )
    epochs: float = Field(default=3, gt=0)
    max_steps: int | None = Field(default=None, ge=1, description="stop here, whatever epochs says")
    batch_size: int = Field(default=8, ge=1, description="examples of one optimizer step")
    batches: Literal["length", "trunks"] = Field(
        default="length",
        description="a step's examples: of like length; or those that begin alike, as the tasks of "
        "one document do, whose shared tokens are then run once (batch_size at least)",
    )
    weigh: Literal["step", "epoch"] = Field(
        default="step",
        description="what a label token's weight is the same over; a step's, as other trainers "
        "have it, gives the tokens of short answers more weight where steps are small",
    )
    max_tokens: int = Field(default=2048, ge=16, description="of one example, prompt and answer")
    tokens_per_pass: int = Field(
        default=1024, ge=16, description="tokens in one forward pass; bounds the memory"
    )
    learning_rate: float = Field(default=3e-4, gt=0)
    warmup: float = Field(default=0.05, ge=0, lt=1, description="share of the steps")
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, ge=0, description="0 clips nothing")
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    checkpoint_steps: int = Field(default=20, ge=1)
    validate_steps: int | None = Field(
        default=None, ge=1, description="steps between two validations; after each epoch by default"
    )
    early_stopping: EarlyStopping | None = None
    probe: bool | str = Field(
        default=True,
        description="general text whose loss shows what is forgotten: the domain's, none, or a "
        "text file",
    )
    report_to: list[Literal["tensorboard", "wandb", "mlflow", "trackio"]] = Field(
        default_factory=list, description="where the log goes beside the run's folder"
    )
    sharded: bool = Field(
        default=False,
        description="with torchrun: share the weights out over the processes (FSDP), for models "
        "that do not fit one device",
    )

    def deciding(self, beside: set[str]) -> dict[str, Any]:
        """Return the fields that decide what is learned, as plain values, but for `beside`."""
        unused = {name for name, value in WITHOUT.items() if getattr(self, name) == value}
        return self.model_dump(mode="json", exclude=beside | unused)

    @model_validator(mode="after")
    def _kept_in_part(self) -> Tuning:
        if self.keep < 1 and (self.method != "lora" or self.lora.dora):
            raise ValueError("keep below 1 goes with plain LoRA: the rest has no exact mean")
        return self
