"""The files of a data set that a review reads, and whether they are still those that were read."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from chemtune.documents.document import SPLITS
from chemtune.errors import InputError, Problem
from chemtune.recipe.run_folder import RunFolder

# A Parquet file ends with its footer, the footer's length and "PAR1".
TAIL = 8


@dataclass(frozen=True)
class Sources:
    """The files of a run's data set."""

    folder: RunFolder

    @property
    def examples(self) -> list[Path]:
        """The examples by split."""
        return [self.folder.dataset / f"{split}.parquet" for split in SPLITS]

    @property
    def rejected(self) -> Path:
        """The ledger."""
        return self.folder.dataset / "rejected.parquet"

    @property
    def documents(self) -> Path:
        """The prepared documents."""
        return self.folder.prepared

    @classmethod
    def of(cls, run: Path) -> Sources:
        """Return the files of a run's folder.

        Raises:
            InputError: It is no run's folder, or has no data set.
        """
        sources = cls(RunFolder(run))
        if not sources.folder.recipe.is_file():
            remedy = "give the folder that `chemtune build` or `chemtune run` made"
            fault = "is not a run's folder: it has no recipe.yaml"
            raise InputError(Problem(fault, run, remedy=remedy))
        for path in [*sources.examples, sources.rejected, sources.documents]:
            if not path.is_file():
                remedy = f"run `chemtune build {sources.folder.recipe}` first"
                raise InputError(Problem("has no data set: no such file", path, remedy=remedy))
        return sources

    def fingerprint(self) -> str:
        """Return what differs when the data set or the recipe was written again."""
        hashed = hashlib.sha256(self.folder.recipe.read_bytes())
        for path in [*self.examples, self.rejected, self.documents]:
            hashed.update(_stamp(path))
        return hashed.hexdigest()

    def settled(self) -> bool:
        """Whether no build is between writing the documents and the examples."""
        began = self.documents.stat().st_mtime_ns
        return all(path.stat().st_mtime_ns >= began for path in [*self.examples, self.rejected])


def _stamp(path: Path) -> bytes:
    """The size, time and footer of a Parquet file."""
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        file.seek(-min(TAIL, about.st_size), os.SEEK_END)
        length = int.from_bytes(file.read(TAIL)[:4], "little")
        file.seek(-min(length + TAIL, about.st_size), os.SEEK_END)
        footer = hashlib.sha256(file.read()).hexdigest()
    return f"{path.name} {about.st_size} {about.st_mtime_ns} {footer}\n".encode()
