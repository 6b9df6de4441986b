"""What cells share: files are linked where the disk can, so that they are there once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from chemtune.files import write_json
from chemtune.recipe.run_folder import RunFolder

BEFORE = "before"
SCORES = "scores.json"
CARD = "before.json"
TOKENS = "tokens"
# Fields of a scorecard that name a file beside it.
FILES = ("predictions", "table", "parts")
# What tuning writes there for itself.
OWN = {"too_long.parquet"}


def link_files(source: Path, target: Path) -> None:
    """Let the folder `target` hold the files of `source`, in place of those of their names."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if not path.is_file() or path.name.endswith(".tmp"):
            continue
        there = target / path.name
        there.unlink(missing_ok=True)
        try:
            there.hardlink_to(path)
        except OSError:  # another disk, or one that knows no links
            shutil.copyfile(path, there)


def link_data(built: Path, dataset: Path) -> None:
    """Let a cell's `dataset` hold what was built, and nothing of an earlier data set."""
    if dataset.is_dir():
        kept = {path.name for path in built.iterdir()} | OWN
        for path in dataset.iterdir():
            if path.name not in kept:
                path.unlink()
    link_files(built, dataset)


def take_start(start: Path, folder: RunFolder) -> bool:
    """Let a cell have what its model answered before tuning; False where nobody asked it yet."""
    if not (start / CARD).is_file():
        return False
    place = folder.evaluation / BEFORE
    link_files(start, place)
    (place / CARD).unlink()
    card = json.loads((start / CARD).read_text(encoding="utf-8"))
    write_json(folder.evaluation / SCORES, {BEFORE: _placed(card, place)})
    return True


def give_start(card: dict[str, Any], folder: RunFolder, start: Path) -> None:
    """Give a cell's answers before tuning, whose scores are `card`, to all of the same start."""
    link_files(folder.evaluation / BEFORE, start)
    write_json(start / CARD, card)


def take_tokens(tokens: Path, folder: RunFolder) -> None:
    """Let a cell have the tokens of its examples, where another one has made them."""
    if tokens.is_dir():
        link_files(tokens, folder.path / TOKENS)


def give_tokens(folder: RunFolder, tokens: Path) -> None:
    """Give a cell's tokens to all with the same examples."""
    if (folder.path / TOKENS).is_dir():
        link_files(folder.path / TOKENS, tokens)


def _placed(card: Any, place: Path) -> Any:
    """A scorecard whose files are named as they stand in `place`."""
    if isinstance(card, dict):
        return {
            name: str(place / Path(value).name)
            if name in FILES and isinstance(value, str)
            else _placed(value, place)
            for name, value in card.items()
        }
    return card
