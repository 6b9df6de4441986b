"""The run folder: where each thing of a run is kept."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import yaml

from chemtune.files import write_json, write_text
from chemtune.recipe.paths import told_from
from chemtune.recipe.schema import Recipe

REPORTED_PACKAGES = (
    "chemtune",
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "tokenizers",
    "numpy",
)


@dataclass(frozen=True)
class RunFolder:
    """A run's folder; its properties are the places in it."""

    path: Path

    @property
    def recipe(self) -> Path:
        """The recipe as resolved: every default written out, its paths relative to this folder."""
        return self.path / "recipe.yaml"

    @property
    def versions(self) -> Path:
        """The versions of what runs it; a folder that has it is a run's."""
        return self.path / "versions.json"

    @property
    def journal(self) -> Path:
        """Every reply of the teacher, as it came."""
        return self.path / "journal.sqlite"

    @property
    def dataset(self) -> Path:
        """The examples by split, the ledger and the card."""
        return self.path / "dataset"

    @property
    def prepared(self) -> Path:
        """The documents as they are used: cut or chunked, each on its side of the split."""
        return self.dataset / "documents.parquet"

    @property
    def adapter(self) -> Path:
        """The trained adapter, in PEFT's format."""
        return self.path / "adapter"

    @property
    def checkpoints(self) -> Path:
        """The state of a tuning that is under way."""
        return self.path / "checkpoints"

    @property
    def tuning_log(self) -> Path:
        """What each step of the tuning logs, a line at a time while it goes on."""
        return self.path / "tuning-log.jsonl"

    @property
    def evaluation(self) -> Path:
        """Scorecards and predictions."""
        return self.path / "evaluation"

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.path / "report.html"

    def begin(self, recipe: Recipe) -> None:
        """Make the folder, and write the recipe as resolved and the versions that run it."""
        self.path.mkdir(parents=True, exist_ok=True)
        resolved = told_from(recipe, self.path) | {"run": "."}
        text = yaml.safe_dump(resolved, allow_unicode=True, sort_keys=False)
        write_text(
            self.recipe,
            f"# As resolved from {recipe.name}: all defaults, paths from here.\n{text}",
        )
        write_json(self.versions, versions())


def versions() -> dict[str, str]:
    """Return the versions of Python, of chemtune and of the libraries that decide its results."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in REPORTED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
