"""What a teacher's terms say of training on its replies, by a table that is data."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from chemtune.recipe.located import LocatedYaml

TABLE = Path(__file__).parent / "terms.yaml"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    noted: str
    hosts: dict[str, str]


def listed_terms(base_url: str) -> str:
    """Return what is noted of the terms of the provider at an address, or ""."""
    host = "." + (urlsplit(base_url).hostname or "")
    return next((said for ending, said in _table().hosts.items() if host.endswith(ending)), "")


@lru_cache(maxsize=1)
def _table() -> _Table:
    table: _Table = LocatedYaml(TABLE).read_as(_Table)
    return table
