"""The recipe: one YAML file that says what is wanted. These models are its only description."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator


class Part(BaseModel):
    """A part of the recipe: unknown fields are refused, and it cannot be changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class RecordedTeacher(Part):
    """Replies that were written down before, as JSON Lines of document, task and reply."""

    kind: Literal["recorded"]
    replies: str = Field(description="a file, a folder or a glob, relative to the recipe")
    terms: str | None = Field(
        default=None, description="what its terms say of training on its replies; for the card"
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


AnyTeacher = RecordedTeacher | EndpointTeacher | BatchTeacher | LocalTeacher
Teacher = Annotated[AnyTeacher, Field(discriminator="kind")]


class Chunking(Part):
    """Long documents as several, cut at sections and sentences."""

    tokens: int = Field(ge=32, description="of one chunk, at most")
    overlap: int = Field(default=0, ge=0, description="tokens that a chunk repeats of the last")
    tokenizer: str | None = Field(
        default=None, description="a tokenizer.json to count by; estimated by characters if not"
    )


class Files(Part):
    """Where records come from: files of the user's, or a data set of the Hugging Face hub."""

    path: str | None = Field(
        default=None, description="a file, a folder or a glob, relative to the recipe"
    )
    hub: str | None = Field(default=None, description="a data set of the hub, owner/name")
    config: str | None = Field(default=None, description="of the data set at the hub")
    hub_split: str | None = Field(default=None, description="of the data set; train by default")
    revision: str | None = Field(
        default=None, description="a commit of the data set, so that it stays the same"
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.hub is None):
            said = "neither is given" if self.path is None else "both are given"
            raise ValueError(f"either path or hub is needed, and {said}")
        of_hub = [n for n in ("config", "hub_split", "revision") if getattr(self, n) is not None]
        if self.hub is None and of_hub:
            raise ValueError(f"{', '.join(of_hub)} goes with hub, and path is given")
        return self


class DocumentSource(Files):
    """Documents of one kind and the tasks to build from each."""

    tasks: list[str] = Field(min_length=1, description="tasks of the domain, by name")
    columns: dict[
        Literal[
            "name",
            "text",
            "title",
            "language",
            "source",
            "licence",
            "split",
            "answer",
            "context",
            "explanation",
            "options",
        ],
        str,
    ] = Field(default_factory=dict, description="which column holds what, where the names differ")
    language: Literal["en", "ko"] | None = None
    source: str | None = None
    licence: str | None = None
    teacher: Teacher | None = Field(default=None, description="the recipe's, where not given")
    limit: int | None = Field(default=None, ge=1, description="take only the first N documents")
    chunk: Chunking | None = Field(
        default=None, description="use long documents in parts, instead of cutting them off"
    )
    faulty: Literal["stop", "ledger"] = Field(
        default="ledger",
        description="one of many files that are a document each and cannot be read: stop, or leave "
        "it out",
    )
    max_characters: int = Field(
        default=6000, ge=200, description="longer texts are cut at a sentence's end, in the ledger"
    )


class NearDuplicates(Part):
    """Documents that nearly repeat an earlier one, in any source, are left out."""

    similarity: float = Field(
        default=0.85, gt=0.3, le=1, description="Jaccard similarity of the character shingles"
    )
    min_characters: int = Field(
        default=200, ge=0, description="shorter texts are compared for equality alone"
    )


CheckName = Literal[
    "absence",
    "binding",
    "explanation",
    "format",
    "grounding",
    "judge",
    "key",
    "language",
    "leak",
    "length",
    "names",
    "numbers",
    "quantities",
    "style",
    "units",
]


class CheckRule(Part):
    """What is done about the findings of one check."""

    severity: Literal["error", "warning"] | None = None
    action: Literal["reject", "drop", "keep", "ignore"] | None = Field(
        default=None,
        description="leave out the example, or the value alone; keep it with its finding; or "
        "forget the finding. By default errors reject and warnings stay",
    )


class SecondTeacher(Part):
    """Another teacher who is asked the same; their agreement is shown by field."""

    teacher: Teacher
    at_least: float | None = Field(
        default=None, ge=0, le=1, description="examples with less agreement are left out"
    )


class Judge(Part):
    """A teacher who grades accepted answers; believed as far as it agrees with gold."""

    teacher: Teacher
    least_kappa: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="its word rejects where the interval of its agreement with gold begins here",
    )


class Split(Part):
    """Shares of the documents held out, for documents whose file does not name a split."""

    validation: float = Field(default=0.1, ge=0, lt=1)
    test: float = Field(default=0.2, ge=0, lt=1)


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
        description="examples of an epoch by share or temperature; by default as there are",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Mixture:
        ways = ("times", "count", "share", "temperature", "preset")
        given = [way for way in ways if getattr(self, way) is not None]
        if len(given) != 1:
            said = f"not {' and '.join(given)}" if given else "and none is given"
            raise ValueError(f"one of {', '.join(ways)} is needed, {said}")
        if self.total is not None and given[0] not in ("share", "temperature"):
            raise ValueError(f"total goes with share or temperature, not with {given[0]}")
        return self


class Tuning(Part):
    """How the adapter is trained."""

    method: Literal["lora", "full"] = Field(
        default="lora", description="an adapter, or all weights of a small model, as a comparison"
    )
    mixture: Mixture | None = Field(default=None, description="every example once by default")
    lora: Lora = Lora()
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


class QuestionSet(Files):
    """Multiple-choice questions to evaluate on; never trained on."""

    name: str | None = None
    split: Literal["train", "validation", "test"] | None = None
    limit: int | None = Field(default=None, ge=1, description="a sample of N, drawn by seed")
    shots: int = Field(default=0, ge=0)
    shots_from: str | None = None
    permute: bool = False


class Evaluation(Part):
    """What is measured, before and after tuning."""

    tasks: bool | list[str] = Field(
        default=True, description="the tasks on the held-out documents: all, none, or these"
    )
    split: Literal["test", "validation"] = Field(
        default="test", description="the documents to ask of; choose settings by 'validation'"
    )
    documents: int | None = Field(default=None, ge=1, description="at most N examples of a task")
    max_new_tokens: int = Field(default=384, ge=1)
    questions: list[QuestionSet] = Field(default_factory=list)
    baseline: bool = Field(default=True, description="measure the untuned model too")


class Recipe(Part):
    """Everything that a run needs. Paths are relative to the recipe's folder."""

    name: str = Field(default="run", pattern=r"^[\w.-]+$")
    domain: str = "chemistry"
    seed: int = Field(default=0, ge=0, lt=2**32)
    run: str | None = Field(default=None, description="the run's folder; runs/NAME by default")
    documents: list[DocumentSource] = Field(min_length=1)
    teacher: Teacher
    second: SecondTeacher | None = None
    judge: Judge | None = None
    journal: str | None = Field(
        default=None, description="where replies are kept; runs may share one. The run's by default"
    )
    budget_usd: float | None = Field(
        default=None, gt=0, description="what the journal's replies may cost in all; never passed"
    )
    near_duplicates: NearDuplicates | None = NearDuplicates()
    formats: list[Literal["alpaca", "sharegpt"]] = Field(
        default_factory=list, description="written beside messages and Parquet"
    )
    checks: dict[CheckName, CheckRule] = Field(default_factory=dict)
    split: Split = Split()
    model: str = "smollm2-135m"
    tuning: Tuning = Tuning()
    evaluation: Evaluation = Evaluation()

    _file: Path | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path:
        """The folder that the recipe's paths are relative to."""
        return self._file.parent if self._file else Path.cwd()

    @property
    def run_folder(self) -> Path:
        """Where the run is kept."""
        return self.folder / (self.run or f"runs/{self.name}")

    def in_run_folder(self, folder: Path) -> Recipe:
        """Return this recipe with its run kept in `folder`."""
        moved = self.model_copy(update={"run": str(folder.resolve())})
        moved._file = self._file
        return moved
