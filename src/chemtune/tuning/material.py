"""What a tuning learns from and is measured by: the examples of an epoch, and their tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chemtune.dataset.example import Example, read_examples
from chemtune.dataset.ledger import Ledger
from chemtune.dataset.prepared import read_prepared
from chemtune.domains import Domain
from chemtune.models.resolve import ModelFiles
from chemtune.models.template import Template
from chemtune.recipe.schema import Recipe, Tuning
from chemtune.tuning.curriculum import OWN, stages_of
from chemtune.tuning.encode import Encoded, fitting
from chemtune.tuning.epoch import epoch_of
from chemtune.tuning.probe import probe_examples, probe_file
from chemtune.tuning.token_cache import encode_cached

VALIDATED, FORGOTTEN = "eval_loss", "probe_loss"


@dataclass(frozen=True)
class Chosen:
    """The examples of a tuning.

    Attributes:
        train: Of an epoch.
        validation: Of the same tasks, each once.
        stages: With a curriculum, the stage of each training example by its id, from 0.
    """

    train: list[Example]
    validation: list[Example]
    stages: dict[str, int] | None = None


@dataclass(frozen=True)
class Material:
    """What a tuning learns from and is measured by, as tokens.

    Attributes:
        train: The examples of an epoch that fit.
        validation: Held-out ones that fit.
        probe: General text.
        stages: With a curriculum, the indices into `train` of each stage, the first one first.
    """

    train: list[Encoded]
    validation: list[Encoded]
    probe: list[Encoded]
    stages: list[list[int]] | None = None

    @property
    def validation_sets(self) -> dict[str, list[Encoded]]:
        """What there is to validate on, by the name that its loss is logged under."""
        sets = {VALIDATED: self.validation, FORGOTTEN: self.probe}
        return {name: examples for name, examples in sets.items() if examples}


def choose(
    dataset: Path, settings: Tuning, domain: Domain, tokens_of: Callable[[Example], int]
) -> Chosen:
    """Return the examples that a recipe's tuning takes of a data set.

    Args:
        dataset: Its folder.
        settings: The recipe's: the mixture and the curriculum.
        domain: Its domain, for mixtures by name.
        tokens_of: Counts the tokens of an example; asked only where a mixture is by tokens.

    Raises:
        InputError: There is no data set, or it lacks what the mixture or the curriculum names.
    """
    read = {s: read_examples(dataset / f"{s}.parquet") for s in ("train", "validation")}
    train = epoch_of(read["train"], settings.mixture, domain.mixtures, tokens_of)
    tasks = {example.task for example in train}
    validation = [example for example in read["validation"] if example.task in tasks]
    if settings.curriculum is None:
        return Chosen(train, validation)
    columns = {}
    if settings.curriculum.column not in OWN:
        prepared = read_prepared(dataset / "documents.parquet")
        columns = {one.document.id: one.document.fields for one in prepared}
    return Chosen(train, validation, stages_of(train, settings.curriculum, columns))


def as_tokens(
    chosen: Chosen,
    recipe: Recipe,
    domain: Domain,
    template: Template,
    *,
    files: ModelFiles,
    context: int,
    kept: Path,
    ledger: Ledger,
) -> Material:
    """Return the tokens of what was chosen, without the examples that are too long.

    Args:
        chosen: The examples.
        recipe: What its tuning says of length and probe counts.
        domain: Its domain, which may have a probe.
        template: Of the model that learns.
        files: That model's.
        context: The tokens that it can read.
        kept: The folder where tokens are kept, so that they are made once.
        ledger: Is told of each example that is too long.
    """
    most = min(recipe.tuning.max_tokens, context)

    def of_split(split: str, examples: Sequence[Example]) -> list[Encoded]:
        path = kept / f"{split}.parquet"
        encoded = encode_cached(examples, template, model=files.folder, path=path)
        return fitting(encoded, examples, max_tokens=most, ledger=ledger)

    train = of_split("train", chosen.train)
    validation = of_split("validation", chosen.validation)
    general = probe_file(recipe.tuning.probe, domain.probe, recipe.folder)
    text = general.read_text(encoding="utf-8") if general else ""
    return Material(
        train, validation, probe_examples(text, template), by_stage(train, chosen.stages)
    )


def by_stage(train: Sequence[Encoded], stages: dict[str, int] | None) -> list[list[int]] | None:
    """Return the indices of each stage that has an example, by the stage of each example's id."""
    if stages is None:
        return None
    found: dict[int, list[int]] = {}
    for index, one in enumerate(train):
        found.setdefault(stages[one.example], []).append(index)
    return [found[stage] for stage in sorted(found)]
