"""The recipe: one YAML file that says what is wanted. These models are its only description."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from chemtune.recipe.part import Part
from chemtune.recipe.teacher_settings import (
    AnyTeacher,
    EndpointTeacher,
    RecordedTeacher,
    Teacher,
)
from chemtune.recipe.tuning_settings import Curriculum, Mixture, Tuning

__all__ = [
    "AnyTeacher",
    "Chunking",
    "Curriculum",
    "DocumentSource",
    "EndpointTeacher",
    "Evaluation",
    "Files",
    "Mixture",
    "QuestionSet",
    "Recipe",
    "RecordedTeacher",
    "TextSet",
    "Tuning",
]


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


class QuestionSet(Files):
    """Multiple-choice questions to evaluate on; never trained on."""

    name: str | None = None
    split: Literal["train", "validation", "test"] | None = None
    limit: int | None = Field(default=None, ge=1, description="a sample of N, drawn by seed")
    shots: int = Field(default=0, ge=0)
    shots_from: str | None = None
    permute: bool = Field(default=False, description="ask in every cyclic order of the options")
    scoring: Literal["likelihood", "generate", "both"] = Field(
        default="likelihood", description="by the options' likelihood, by an answer in words, both"
    )
    options: Literal["labels", "texts"] = Field(
        default="labels", description="whose likelihood is scored"
    )
    chat: bool = Field(default=False, description="likelihood behind the model's chat template")
    answer_tokens: int = Field(default=64, ge=1, description="of an answer in words, at most")
    general: bool = Field(
        default=False, description="not of the domain: its score tells what is forgotten"
    )

    @model_validator(mode="after")
    def _orders_have_labels(self) -> Self:
        if self.permute and self.options == "texts":
            raise ValueError("permute goes with labels: texts are scored in no order")
        return self


class TextSet(Files):
    """Running text whose loss tells what is learned and what is forgotten of a language."""

    name: str | None = None
    column: str | None = Field(
        default=None, description="which column of a record holds the text; `text` or `abstract`"
    )
    limit: int | None = Field(default=None, ge=1, description="at most N texts, the first ones")


class Evaluation(Part):
    """What is measured, before and after tuning."""

    tasks: bool | list[str] = Field(
        default=True, description="the tasks on the held-out documents: all, none, or these"
    )
    losses: list[str] = Field(
        default_factory=list,
        description="further tasks, of whose reference answers only the loss is measured",
    )
    split: Literal["test", "validation"] = Field(
        default="test", description="the documents to ask of; choose settings by 'validation'"
    )
    documents: int | None = Field(default=None, ge=1, description="at most N examples of a task")
    max_new_tokens: int = Field(default=384, ge=1)
    questions: list[QuestionSet] = Field(default_factory=list)
    texts: bool | list[TextSet] = Field(
        default=True, description="running texts to measure the loss of: the domain's, none, or own"
    )
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
    reviewed: bool | list[str] = Field(
        default=True,
        description="whether people's decisions about the run's answers count; or further files of "
        "decisions (review.sqlite), whose decisions about the same documents count too",
    )
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
    order: Literal["document-first", "instruction-first"] = Field(
        default="document-first",
        description="of a prompt; the document first lets its tasks share what is run of it",
    )
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

    @property
    def tuning_seed(self) -> int:
        """What the adapter's start and the order of the examples are drawn by."""
        return self.seed if self.tuning.seed is None else self.tuning.seed

    def in_run_folder(self, folder: Path) -> Recipe:
        """Return this recipe with its run kept in `folder`."""
        moved = self.model_copy(update={"run": str(folder.resolve())})
        moved._file = self._file
        return moved
