"""The folder of a grid: where each thing of it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GridFolder:
    """A grid's folder; its properties are the places in it."""

    path: Path

    @property
    def cells(self) -> Path:
        """The state of every cell."""
        return self.path / "cells.json"

    @property
    def journal(self) -> Path:
        """Every reply of the teacher, for all cells."""
        return self.path / "journal.sqlite"

    @property
    def precision(self) -> Path:
        """The precision of the cells that leave it to the machine."""
        return self.path / "precision.json"

    def cell(self, name: str) -> Path:
        """The run folder of a cell."""
        return self.path / "cells" / name

    def data(self, identity: str) -> Path:
        """The run folder that a data set was built in."""
        return self.path / "data" / identity

    def start(self, identity: str) -> Path:
        """What a model answered before tuning."""
        return self.path / "starts" / identity

    def tokens(self, identity: str) -> Path:
        """The tokens of an epoch's examples."""
        return self.path / "tokens" / identity
