"""What the licences of the documents ask for, by a table that is data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from chemtune.recipe.located import LocatedYaml

TABLE = Path(__file__).parent / "licences.yaml"


class _Licence(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    pattern: str
    name: str
    asks: list[str]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    licences: list[_Licence]
    warnings: dict[str, str]


def asks(licence: str) -> tuple[str, ...]:
    """Return what a licence asks for: "non_commercial", "no_derivatives", "share_alike".

    ("unknown",) where the licence is not in the table.
    """
    text = re.sub(r"[\s_-]+", " ", licence.casefold())
    for known in _table().licences:
        if re.search(known.pattern, text):
            return tuple(known.asks)
    return ("unknown",)


def warnings_for(examples: Mapping[str, int]) -> list[str]:
    """Return a sentence for each thing that the licences of a data set ask for.

    Args:
        examples: The number of examples by licence.
    """
    counts: dict[str, list[str]] = {}
    for licence in examples:
        for asked in asks(licence):
            counts.setdefault(asked, []).append(licence)
    return [
        f"{sum(examples[licence] for licence in licences)} examples ({', '.join(licences)}) "
        f"{_table().warnings[asked]}."
        for asked, licences in counts.items()
    ]


@lru_cache(maxsize=1)
def _table() -> _Table:
    table: _Table = LocatedYaml(TABLE).read_as(_Table)
    return table
