"""A card: what `evaluate` says of one task or question set, as it stands in its JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TEXTS = "texts"  # the card of running texts, which is like a task's but for readable replies

# As the files of parts name these measures; the modules that write them would load torch.
READABLE = "readable"
LOSS = "bits per byte"

Card = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]


def names(parts: Iterable[Mapping[str, Any] | None]) -> list[str]:
    """Return the keys of several mappings, each once, in the order of their first place."""
    return list(dict.fromkeys(name for part in parts for name in part or {}))


def exams_of(questions: Mapping[str, Card] | None) -> dict[str, Card]:
    """Return the scorecards of question sets by name; answers in words have one of their own."""
    found: dict[str, Card] = {}
    for name, card in (questions or {}).items():
        title = f"{name} (general)" if card.get("general") else name
        found[title] = card
        if "generated" in card:
            found[f"{title}, in words"] = card["generated"]
    return found
