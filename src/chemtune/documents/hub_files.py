"""Which files of a Hugging Face data set hold a split: by its card, else by how they are named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

# Of several formats of one split the first is read.
FORMATS = (".parquet", ".jsonl", ".ndjson", ".csv", ".tsv")
SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
}
WORD = re.compile(rf"(?:^|[^a-z])({'|'.join(SPLITS)})(?:[^a-z]|$)")
# Of the hub's own conversion to Parquet: CONFIG/SPLIT/0000.parquet; large ones in part alone.
CONVERTED = re.compile(r"(?P<config>.+)/(?:partial-)?(?P<split>[^/]+)/\d+\.parquet")


class NotThere(Exception):
    """There is no such configuration or split; `names` are those that there are."""

    def __init__(self, what: str, names: Sequence[str]) -> None:
        self.what, self.names = what, list(names)
        super().__init__(f"no {what}; there are: {', '.join(names) or 'none'}")


@dataclass(frozen=True)
class Chosen:
    """The files of one split of one configuration, in order."""

    config: str
    split: str
    files: tuple[str, ...]


def choose(
    files: Sequence[str],
    card: Mapping[str, Any],
    *,
    config: str | None = None,
    split: str | None = None,
) -> Chosen | None:
    """Choose files of a data set's repository; None where it holds none that can be read so.

    Args:
        files: The paths in the repository.
        card: The card's YAML head. Its `configs` go before the names of the files.
        config: The configuration; the default or only one where not given.
        split: The split; "train" or the only one where not given.

    Raises:
        NotThere: There is no such configuration or split, or one has to be named.
    """
    known = [f for f in files if PurePosixPath(f).suffix.lower() in FORMATS]
    configs = _of_card(known, card)
    if not configs:
        if config is not None and config != "default":
            return None
        configs = {"default": _by_name(known)}
    name = _config(configs, card, config)
    splits = {name: paths for name, paths in configs[name].items() if paths}
    if not splits:
        return None
    return Chosen(name, *_split(splits, split))


def choose_converted(files: Sequence[str], *, config: str | None, split: str | None) -> Chosen:
    """Choose files of the hub's conversion to Parquet; see `choose`."""
    configs: dict[str, dict[str, list[str]]] = {}
    for path in sorted(files):
        match = CONVERTED.fullmatch(path)
        if match:
            of_config = configs.setdefault(match["config"], {})
            of_config.setdefault(match["split"], []).append(path)
    name = _config(configs, {}, config)
    return Chosen(name, *_split(configs[name], split))


def _of_card(files: Sequence[str], card: Mapping[str, Any]) -> dict[str, dict[str, list[str]]]:
    configs: dict[str, dict[str, list[str]]] = {}
    listed = card.get("configs")
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, Mapping) and isinstance(entry.get("config_name"), str):
            folder = entry.get("data_dir")
            asked = entry.get("data_files") or (f"{folder}/**" if isinstance(folder, str) else None)
            if asked is not None:
                configs[entry["config_name"]] = _matching(files, asked)
    return configs


def _matching(files: Sequence[str], asked: Any) -> dict[str, list[str]]:
    """The files by split: a pattern, several, or splits with patterns."""
    if isinstance(asked, Mapping):
        asked = [{"split": split, "path": path} for split, path in asked.items()]
    if isinstance(asked, list) and all(isinstance(one, Mapping) for one in asked):
        found: dict[str, list[str]] = {}
        for one in asked:
            found.setdefault(str(one.get("split")), []).extend(_match(files, one.get("path")))
        return found
    return _by_name(_match(files, asked))


def _match(files: Sequence[str], patterns: Any) -> list[str]:
    """The files that patterns name; they only ever choose from the listing."""
    texts = patterns if isinstance(patterns, list) else [patterns]
    wanted = [_regex(text) for text in texts if isinstance(text, str)]
    return _one_format([f for f in sorted(files) if any(w.fullmatch(f) for w in wanted)])


def _regex(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/?|\*|\?)", pattern.removeprefix("./"))
    by_sign = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    text = "".join(by_sign.get(part) or re.escape(part) for part in parts if part)
    # [0-9] as it stands, for shards are often named so.
    return re.compile(text.replace(r"\[0\-9\]", "[0-9]"))


def _by_name(files: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(files):
        word = WORD.findall(path.lower())
        found.setdefault(SPLITS[word[-1]] if word else "train", []).append(path)
    return {split: _one_format(paths) for split, paths in found.items()}


def _one_format(files: list[str]) -> list[str]:
    for suffix in FORMATS:
        of_format = [path for path in files if path.lower().endswith(suffix)]
        if of_format:
            return of_format
    return []


def _config(configs: Mapping[str, Any], card: Mapping[str, Any], wanted: str | None) -> str:
    names = list(configs)
    if wanted is not None:
        if wanted not in configs:
            raise NotThere(f"configuration {wanted!r}", names)
        return wanted
    listed = card.get("configs")
    marked = [
        entry.get("config_name")
        for entry in (listed if isinstance(listed, list) else [])
        if isinstance(entry, Mapping) and entry.get("default") is True
    ]
    for name in (*marked, "default", *(names if len(names) == 1 else [])):
        if name in configs:
            return str(name)
    raise NotThere("configuration is named", names)


def _split(splits: Mapping[str, list[str]], wanted: str | None) -> tuple[str, tuple[str, ...]]:
    names = list(splits)
    for name in [wanted] if wanted is not None else ["train", *(names if len(names) == 1 else [])]:
        if name in splits:
            return name, tuple(splits[name])
    raise NotThere("split is named" if wanted is None else f"split {wanted!r}", names)
